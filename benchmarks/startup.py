"""Start a node with many certificates: seconds until every one is served, and the engine's memory for each."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.stack import DATA_DIR, engine_pid, make_site, migrate, redis  # isort: skip  (sets Django up)
from benchmarks.processes import resident_kilobytes, running
from benchmarks.proxies import backend
from benchmarks.replace import served_sha256
from benchmarks.report import publish, table
from certificates.models import CertificateVersion

GIVE_UP_SECONDS = 120
NODE = (sys.executable, "manage.py", "runlistener")


def main() -> None:
    """Run the campaign and publish it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 1_000, 10_000])
    options = parser.parse_args()
    rows = [_measure_apart(size) for size in options.sizes]
    smallest = float(rows[0][-1])
    for row in rows:
        count, kilobytes = int(row[0]), float(row[-1])
        row[-1] = f"{kilobytes / 1024:.0f}"
        row.append(f"{(kilobytes - smallest) / count:.0f}" if count > 1 else "")
    header = ("certificates", "start to first served, s", "to last served, s", "engine MB", "KB per certificate")
    publish("startup", "python -m benchmarks.startup", table(header, rows))


def _measure_apart(size: int) -> list[str]:
    """Measure in a process of its own, with an installation of its own."""
    command = (sys.executable, "-m", "benchmarks.startup", "--one", str(size))
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout.split()


def measure(size: int) -> None:
    """Print the size, seconds to the first and to the last certificate served, and the engine's KB."""
    migrate()
    names = [f"n{number}.start.test" for number in range(size)]
    with tempfile.TemporaryDirectory() as folder, redis(), backend(Path(folder) / "backend") as backend_port:
        site = make_site(names, backend_port)
        wanted = dict(CertificateVersion.objects.values_list("certificate__name", "sha256"))
        subprocess.run((*NODE, "--help"), check=True, stdout=subprocess.DEVNULL)  # every later start finds bytecode
        begin = time.monotonic()
        with running(NODE, DATA_DIR / "node.log"):
            first, last = (
                _seconds_until_served(site.listener.port, name, wanted[name], begin) for name in (names[0], names[-1])
            )
            kilobytes = resident_kilobytes(engine_pid())
    print(size, f"{first:.2f}", f"{last:.2f}", kilobytes)


def _seconds_until_served(port: int, name: str, sha256: str, begin: float) -> float:
    while time.monotonic() - begin < GIVE_UP_SECONDS:
        with suppress(OSError):
            if served_sha256(port, name) == sha256:
                return time.monotonic() - begin
        time.sleep(0.02)
    raise TimeoutError(f"{name} is not served after {GIVE_UP_SECONDS} s.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(int(sys.argv[2]))
    else:
        main()
