"""Start what ``make run`` starts, with its sample: seconds until it is ready, and the memory of all when it is idle."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import free_port, resident_kilobytes
from benchmarks.report import publish, table

SETTLE_SECONDS = 60  # the first scans and sweeps are over, and the first health checks
START_SECONDS, STOP_SECONDS = 180, 60
# What tells the processes apart: a word of the command line, the first that fits.
KINDS = (
    ("gunicorn", "console"),
    (" worker ", "worker"),
    (" beat ", "beat"),
    ("runlistener", "node"),
    ("envoy", "engine"),
    ("redis-server", "Redis"),
    ("parser_process", "certificate parser"),
    ("quickstart.backend", "sample backend"),
    ("lbadmin.quickstart", "supervisor"),
)


@dataclass(frozen=True, slots=True)
class Start:
    """One start: how long it took, and the KB (PSS) of each kind of process afterwards."""

    seconds: float
    kilobytes: dict[str, int]


def main() -> None:
    """Run the campaign and publish it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settle", type=int, default=SETTLE_SECONDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lbadmin-bench-") as folder:
        first = _start(Path(folder) / "data", options.settle)
        later = _start(Path(folder) / "data", options.settle)
    publish("idle", "python -m benchmarks.idle", _tables(first, later))


def _start(data_dir: Path, settle: int) -> Start:
    with _quick_start(data_dir) as seconds:
        time.sleep(settle)
        return Start(seconds, _kilobytes(data_dir))


@contextmanager
def _quick_start(data_dir: Path) -> Iterator[float]:
    """Run the quick start; yield the seconds until it said that it is ready."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LBADMIN_")}
    environment |= {"LBADMIN_DATA_DIR": str(data_dir), "LBADMIN_BIND": f"127.0.0.1:{free_port()}"}
    environment.pop("REDIS_URL", None)
    log = data_dir.with_suffix(".log")
    begin = time.monotonic()
    with log.open("wb") as output:
        command = (sys.executable, "-m", "lbadmin.quickstart")
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=environment)
    try:
        while "\nReady" not in "\n" + log.read_text():
            if process.poll() is not None or time.monotonic() - begin > START_SECONDS:
                raise TimeoutError(f"The quick start was not ready: {log.read_text()}")
            time.sleep(0.02)
        yield time.monotonic() - begin
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


def _kilobytes(data_dir: Path) -> dict[str, int]:
    """Return the memory of each kind of process that works on ``data_dir``."""
    found: dict[str, int] = defaultdict(int)
    for pid, command in _commands(data_dir):
        kind = next((kind for word, kind in KINDS if word in command), command[:40])
        found[kind] += resident_kilobytes(pid)
    return found


def _commands(data_dir: Path) -> Iterator[tuple[int, str]]:
    """Yield the processes that were given ``data_dir``, in their environment or, the engine, as an argument."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
            given = command + (folder / "environ").read_bytes()
        except OSError:  # it has ended, or it is another user's
            continue
        if os.fsencode(data_dir) in given:
            yield int(folder.name), command.decode(errors="replace")


def _tables(first: Start, later: Start) -> str:
    kinds = sorted(first.kilobytes, key=lambda kind: -first.kilobytes[kind])
    rows = [[kind, _megabytes(first, kind), _megabytes(later, kind)] for kind in kinds]
    rows.append(["all", *(f"{sum(start.kilobytes.values()) / 1024:.0f}" for start in (first, later))])
    rows.append(["seconds until ready", f"{first.seconds:.1f}", f"{later.seconds:.1f}"])
    return table(("process, MB", "first start, with the sample", "later start"), rows)


def _megabytes(start: Start, kind: str) -> str:
    return f"{start.kilobytes.get(kind, 0) / 1024:.0f}"


if __name__ == "__main__":
    main()
