"""Add certificates to a listener that has thousands, and remove them: how long until clients see it."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.stack import Site, import_issued, make_site, migrate, node, redis  # isort: skip  (sets Django up)
from benchmarks.processes import cpu_seconds
from benchmarks.proxies import Proxy, backend
from benchmarks.replace import await_served, served_sha256
from benchmarks.report import publish, table
from events.actor import SYSTEM
from listeners.services import add_additional_certificates, remove_additional_certificates
from tests.certs import make_leaf

GIVE_UP_SECONDS = 60
Figures = tuple[float, float]  # seconds from the commit until it was seen, and the engine's CPU meanwhile


def main() -> None:
    """Run the campaign and publish it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    migrate()
    with tempfile.TemporaryDirectory() as name, redis(), backend(Path(name) / "backend") as port:
        rows = [_campaign(size, port, options.turns) for size in options.sizes]
    header = ("certificates", "one more, s", "engine CPU, s", "one fewer, s", "engine CPU, s")
    publish("add", "python -m benchmarks.add", table(header, rows))


def _campaign(size: int, backend_port: int, turns: int) -> list[str]:
    site = make_site([f"n{number}.add{size}.test" for number in range(size)], backend_port)
    with node(site.listener.port) as proxy:
        await_served(proxy, list(site.certificate_ids)[-1])
        found = [_turn(proxy, site, f"more{turn}.add{size}.test") for turn in range(turns)]
    added, removed = (_medians(column) for column in zip(*found, strict=True))
    return [f"{size:,}", *added, *removed]


def _turn(proxy: Proxy, site: Site, name: str) -> tuple[Figures, Figures]:
    """Add one certificate and remove it."""
    issued = make_leaf(name)
    certificate_id = import_issued(issued, name)
    add_additional_certificates(SYSTEM, site.listener.pk, certificate_ids=[certificate_id])
    added = _watch(proxy, lambda: served_sha256(proxy.port, name) == issued.sha256)
    remove_additional_certificates(SYSTEM, site.listener.pk, certificate_ids=[certificate_id])
    return added, _watch(proxy, lambda: served_sha256(proxy.port, name) != issued.sha256)


def _watch(proxy: Proxy, is_seen: Callable[[], bool]) -> Figures:
    begin, cpu = time.perf_counter(), cpu_seconds(proxy.pid)
    while not is_seen():
        if time.perf_counter() - begin > GIVE_UP_SECONDS:
            raise TimeoutError(f"Clients see no difference after {GIVE_UP_SECONDS} s.")
        time.sleep(0.01)
    return time.perf_counter() - begin, cpu_seconds(proxy.pid) - cpu


def _medians(found: tuple[Figures, ...]) -> list[str]:
    return [f"{median(column):.2f}" for column in zip(*found, strict=True)]


if __name__ == "__main__":
    main()
