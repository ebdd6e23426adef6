"""Import 10,000 certificates from a directory at once; build chains over 1,000 intermediates."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import django
from django.core.management import call_command

from benchmarks.databases import measured, peak_megabytes, tell
from benchmarks.report import publish, table

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")
os.environ.setdefault("LBADMIN_DATA_DIR", tempfile.gettempdir() + "/lbadmin-bench-imports")
django.setup()

from certificates.importers.directories import groups_below
from certificates.issuers import complete_all, remember_issuers
from certificates.models import Certificate
from certificates.parsing.bundles import Bundle, Link
from certificates.parsing.chains import Issuers, build_chain
from certificates.parsing.parser import parser
from certificates.parsing.x509 import Parsed, parsed_of
from certificates.planning import plan_groups
from certificates.services.drops import import_plan
from events.actor import SYSTEM
from events.feed import recording
from tests.certs import Issued, make_ca, make_leaf

CERTIFICATES = 10_000
INTERMEDIATES = 1_000
ROUNDS = 200
HEADER = (
    "database",
    "certificates",
    "read and plan, s",
    "store, s",
    "together, s",
    "processor, s",
    "process grew by, MB",
)
CHAIN_HEADER = ("database", "over 1,000 intermediates", "median, ms", "p99, ms", "processor, ms")


def main() -> None:
    """Run the campaign and publish it."""
    lines = measured("benchmarks.imports", __doc__, ("certificates", CERTIFICATES), measure)
    if lines:
        imports = [line for line in lines if len(line) == len(HEADER)]
        chains = [line for line in lines if len(line) == len(CHAIN_HEADER)]
        body = f"{table(HEADER, imports)}\n\n{table(CHAIN_HEADER, chains)}"
        publish("imports", "python -m benchmarks.imports", body)


def measure(database: str, count: int) -> None:
    """Print a line for the import and one for each way of building a chain."""
    call_command("migrate", verbosity=0)
    root = make_ca("Root")
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), count, [make_ca(f"Middle {number}", issuer=root) for number in range(10)])
        tell(database, f"{count:,}", *_import(Path(folder), count))
    for name, build in _chains(root):
        tell(database, name, *_times(build))


def _write(folder: Path, count: int, issuers: Sequence[Issued]) -> None:
    """Write files as HAProxy has them: certificate, chain and key in one."""
    for number in range(count):
        leaf = make_leaf(f"n{number}.import.test", f"www.n{number}.import.test", issuer=issuers[number % len(issuers)])
        (folder / f"n{number}.pem").write_bytes(leaf.chain_pem + leaf.key_pem)


def _import(folder: Path, count: int) -> list[str]:
    before, own, started = peak_megabytes(), _processor_seconds(), time.perf_counter()
    plan = plan_groups(groups_below(folder, "haproxy"))
    planned = time.perf_counter()
    import_plan(SYSTEM, plan)
    ended = time.perf_counter()
    if Certificate.objects.count() != count:
        raise AssertionError("not every certificate was imported")
    parser.close()  # so that its processor time is counted
    seconds = (planned - started, ended - planned, ended - started, _processor_seconds() - own)
    return [*(f"{each:.1f}" for each in seconds), f"{peak_megabytes() - before:.0f}"]


def _processor_seconds() -> float:
    """Return the processor time of this process and of those that it has had: the parser's."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _chains(root: Issued) -> list[tuple[str, Callable[[], int]]]:
    """Return two ways to build the same chain of three: from memory and from the repository."""
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

    return [("given at once", from_memory), ("held by the repository", from_repository)]


def _times(build: Callable[[], int]) -> list[str]:
    """Return the median and the 99th percentile of a build, and its processor time, in milliseconds."""
    samples, own = [], time.process_time()
    for _ in range(ROUNDS):
        started = time.perf_counter()
        links = build()
        samples.append((time.perf_counter() - started) * 1000)
        if links != 2:  # the leaf's issuer and the one above it
            raise AssertionError("the chain was not found")
    processor = (time.process_time() - own) * 1000 / ROUNDS
    return [f"{each:.2f}" for each in (statistics.median(samples), sorted(samples)[int(ROUNDS * 0.99)], processor)]


def _link(parsed: Parsed) -> Link:
    return Link(parsed.pem, parsed.description)


if __name__ == "__main__":
    main()
