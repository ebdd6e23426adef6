"""Import 10,000 certificates from a directory at once; build chains over 1,000 intermediates."""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import django
from django.core.management import call_command

from benchmarks.report import publish, table
from tests.postgresql import postgresql_cluster

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")
os.environ.setdefault("LBADMIN_DATA_DIR", tempfile.gettempdir() + "/lbadmin-bench-imports")
django.setup()

from certificates.importers.directories import groups_below
from certificates.issuers import complete_all, remember_issuers
from certificates.models import Certificate
from certificates.parsing.bundles import Bundle, Link
from certificates.parsing.chains import Issuers, build_chain
from certificates.parsing.x509 import Parsed, parsed_of
from certificates.planning import plan_groups
from certificates.services.drops import import_plan
from events.actor import SYSTEM
from events.feed import recording
from tests.certs import Issued, make_ca, make_leaf

CERTIFICATES = 10_000
INTERMEDIATES = 1_000
ROUNDS = 200
HEADER = ("database", "certificates", "read and plan, s", "store, s", "together, s", "process grew by, MB")
CHAIN_HEADER = ("database", "over 1,000 intermediates", "median, ms", "p99, ms")


def main() -> None:
    """Run the campaign and publish it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificates", type=int, default=CERTIFICATES)
    parser.add_argument("--one", metavar="DATABASE")
    options = parser.parse_args()
    if options.one:
        measure(options.one, options.certificates)
        return
    lines = _measure_apart("SQLite", options.certificates)
    with postgresql_cluster() as url:
        lines += _measure_apart("PostgreSQL", options.certificates, DATABASE_URL=url)
    imports = [line for line in lines if len(line) == len(HEADER)]
    chains = [line for line in lines if len(line) == len(CHAIN_HEADER)]
    body = f"{table(HEADER, imports)}\n\n{table(CHAIN_HEADER, chains)}"
    publish("imports", "python -m benchmarks.imports", body)


def _measure_apart(database: str, count: int, **environment: str) -> list[list[str]]:
    """Measure in a process of its own, with an installation of its own."""
    command = (sys.executable, "-m", "benchmarks.imports", "--one", database, "--certificates", str(count))
    with tempfile.TemporaryDirectory() as data_dir:
        given = {**os.environ, "LBADMIN_DATA_DIR": data_dir, **environment}
        done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, env=given)
    return [line.split("\t") for line in done.stdout.splitlines()]


def measure(database: str, count: int) -> None:
    """Print a line for the import and one for each way of building a chain."""
    call_command("migrate", verbosity=0)
    root = make_ca("Root")
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), count, [make_ca(f"Middle {number}", issuer=root) for number in range(10)])
        print("\t".join([database, f"{count:,}", *_import(Path(folder), count)]), flush=True)
    for name, samples in _chains(root):
        ordered = sorted(samples)
        p99 = ordered[int(len(ordered) * 0.99)]
        print("\t".join([database, name, f"{statistics.median(ordered):.2f}", f"{p99:.2f}"]), flush=True)


def _write(folder: Path, count: int, issuers: Sequence[Issued]) -> None:
    """Write files as HAProxy has them: certificate, chain and key in one."""
    for number in range(count):
        leaf = make_leaf(f"n{number}.import.test", f"www.n{number}.import.test", issuer=issuers[number % len(issuers)])
        (folder / f"n{number}.pem").write_bytes(leaf.chain_pem + leaf.key_pem)


def _import(folder: Path, count: int) -> list[str]:
    before, started = _peak_megabytes(), time.perf_counter()
    plan = plan_groups(groups_below(folder, "haproxy"))
    planned = time.perf_counter()
    import_plan(SYSTEM, plan)
    ended = time.perf_counter()
    if Certificate.objects.count() != count:
        raise AssertionError("not every certificate was imported")
    seconds = (planned - started, ended - planned, ended - started)
    return [*(f"{each:.1f}" for each in seconds), f"{_peak_megabytes() - before:.0f}"]


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _chains(root: Issued) -> list[tuple[str, list[float]]]:
    """Return milliseconds of building the same chain of three, from memory and from the repository."""
    upper = make_ca("Upper", issuer=root)
    crowd = [make_ca(f"Intermediate {number}", issuer=upper) for number in range(INTERMEDIATES - 1)]
    held = [parsed_of(each.certificate) for each in (*crowd, upper)]
    leaf = parsed_of(make_leaf("chain.test", issuer=crowd[-1]).certificate)
    bundle = Bundle(_link(leaf), (), None, ())
    with recording(SYSTEM):
        remember_issuers(map(_link, held))

    def from_memory() -> int:
        return len(build_chain(leaf, (), Issuers(held)).intermediates)

    def from_repository() -> int:
        return len(complete_all([bundle])[0].chain)

    return [
        ("given at once", _times(from_memory)),
        ("held by the repository", _times(from_repository)),
    ]


def _times(build: Callable[[], int]) -> list[float]:
    samples = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        links = build()
        samples.append((time.perf_counter() - started) * 1000)
        if links != 2:  # the leaf's issuer and the one above it
            raise AssertionError("the chain was not found")
    return samples


def _link(parsed: Parsed) -> Link:
    return Link(parsed.pem, parsed.description)


if __name__ == "__main__":
    main()
