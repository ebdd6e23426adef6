"""Start, measure and stop the processes of a benchmark."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
START_SECONDS = 30


def free_port() -> int:
    """Return a loopback port that nothing holds at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int) -> None:
    """Return once something accepts connections on ``port``; raise TimeoutError after 30 s."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"Nothing listens on port {port} after {START_SECONDS} s.")


@contextmanager
def running(command: Sequence[str | Path], log: Path, cpu: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``command``, pinned to one CPU if asked, and stop it at the end.

    Each gets a session of its own, as a service has: Linux schedules by session (autogroup), and one that shared the
    client's would be given other turns than one that does not.
    """
    pin = [] if cpu is None else ["taskset", "-c", str(cpu)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*pin, *map(str, command)],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def process_tree(pid: int) -> list[int]:
    """Return ``pid`` and all that descend from it."""
    found = [pid]
    for parent in found:
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except FileNotFoundError:
            continue
        found += map(int, children)
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU time, user and system, that a process and its descendants have used."""
    return sum(_own_cpu_ticks(member) for member in process_tree(pid)) * TICK_SECONDS


def _own_cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return int(fields[11]) + int(fields[12])


def resident_kilobytes(pid: int) -> int:
    """Return the proportional set size of one process in KB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
