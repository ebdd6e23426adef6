"""Processes by identity: an id alone is reused, an id with its start time is not."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from dataplane.engine import launch
from dataplane.engine.errors import EngineError

LAUNCH_SECONDS = 20


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process: its id, its start in clock ticks since boot, and which boot that was."""

    pid: int
    start_ticks: int
    boot_id: str

    def is_alive(self) -> bool:
        """Tell whether this very process runs, not another one that got its id."""
        return identify(self.pid) == self

    def open(self) -> int | None:
        """Return a pidfd (to be closed by the caller), or None when the process is gone."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return None
        # The descriptor holds the id, so what is checked now stays true.
        if self.is_alive():
            return descriptor
        os.close(descriptor)
        return None

    def send(self, number: signal.Signals) -> bool:
        """Send a signal to this very process; False when it is gone."""
        descriptor = self.open()
        if descriptor is None:
            return False
        try:
            signal.pidfd_send_signal(descriptor, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(descriptor)
        return True


def identify(pid: int) -> ProcessIdentity | None:
    """Return the identity of a process that runs, None for an absent or a dead one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    is_dead = fields[0] in {b"Z", b"X"}
    return None if is_dead else ProcessIdentity(pid, int(fields[19]), boot_id)


def start_detached(command: list[str], *, files: int, errors: Path) -> ProcessIdentity:
    """Start ``command`` so that it outlives this process; return who it is.

    Raises EngineError when it cannot be started. Blocks for some 30 ms.
    """
    launcher = [sys.executable, "-I", "-S", launch.__file__, str(files), str(errors), *command]
    try:
        done = subprocess.run(
            launcher, stdin=subprocess.DEVNULL, capture_output=True, timeout=LAUNCH_SECONDS, check=True, env={}
        )
    except (subprocess.SubprocessError, OSError) as error:
        detail = getattr(error, "stderr", b"") or b""
        message = f"The engine could not be started: {error} {detail.decode(errors='replace').strip()}".strip()
        raise EngineError(message) from error
    identity = identify(int(done.stdout))
    if identity is None:
        raise EngineError(f"The engine ended at once: {tail(errors)}")
    return identity


def tail(path: Path, size: int = 600) -> str:
    """Return the end of a text file in one line, empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - size))
            return " ".join(file.read().decode(errors="replace").split())
    except FileNotFoundError:
        return ""
