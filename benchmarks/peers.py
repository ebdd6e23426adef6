"""Side by side with nginx, HAProxy, hitch and stunnel: one worker each, same certificate, backend and client.

Every figure is the median of rounds in which the proxies take turns, so that a noisy minute hits all of them.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.stack import make_site, migrate, node, redis  # isort: skip  (sets Django up)
from benchmarks import load
from benchmarks.proxies import PEERS, Proxy, Setting, backend, peer
from benchmarks.report import publish, table
from certificates.keys import open_private_key
from certificates.selectors import version_of

OURS = "lbadmin"
Run = tuple[str, str, dict[str, float]]  # algorithm, proxy, figures
Best = Callable[[Iterable[float]], float]  # min where less is better, max where more is
Start = Callable[[], AbstractContextManager[Proxy]]


def main() -> None:
    """Run the campaign and publish it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--handshakes", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    load.pin_this_process()
    migrate()
    with tempfile.TemporaryDirectory() as name, redis():
        folder = Path(name)
        with backend(folder / "backend") as port:
            runs = list(_runs(folder, port, options))
    publish("peers", "python -m benchmarks.peers", _tables(runs))


def _runs(folder: Path, backend_port: int, options: argparse.Namespace) -> Iterator[Run]:
    for algorithm in ("rsa", "ecdsa"):
        starts = _starts(folder / algorithm, backend_port, algorithm)
        rates = []
        for _, (name, start) in itertools.product(range(options.rounds), starts.items()):
            with start() as proxy:
                found = _handshakes(proxy, options) if algorithm == "rsa" else _everything(proxy, options)
            rates.append(found.get("requests", 0))
            print(algorithm, name, found, file=sys.stderr, flush=True)
            yield algorithm, name, found
    # The same rate for all: what is half of the load for the slowest is no strain for any.
    for _, (name, start) in itertools.product(range(options.rounds), starts.items()):
        with start() as proxy:
            yield algorithm, name, _latency(proxy, min(rates) / 2, folder / "latency.log", options)


def _starts(folder: Path, backend_port: int, algorithm: str) -> Mapping[str, Start]:
    """Return how to start each proxy with one certificate of ``algorithm``."""
    folder.mkdir()
    site = make_site([f"{algorithm}.bench.test"], backend_port, algorithm=algorithm)
    pem = _pem_file(folder / "server.pem", next(iter(site.certificate_ids.values())))
    setting = Setting(folder, pem, backend_port)
    starts: dict[str, Start] = {OURS: partial(node, site.listener.port)}
    return starts | {name: partial(peer, name, setting) for name in PEERS}


def _handshakes(proxy: Proxy, options: argparse.Namespace) -> dict[str, float]:
    load.handshake_cpu_microseconds(proxy, 100, resumed=False)  # warm caches
    return {"full": load.handshake_cpu_microseconds(proxy, options.handshakes, resumed=False)}


def _everything(proxy: Proxy, options: argparse.Namespace) -> dict[str, float]:
    found = _handshakes(proxy, options)
    found["resumed"] = load.handshake_cpu_microseconds(proxy, options.handshakes, resumed=True)
    bulk = load.closed_loop(proxy, "/large", connections=4, seconds=options.seconds)
    small = load.closed_loop(proxy, "/small", connections=32, seconds=options.seconds)
    found |= {
        "gigabyte": bulk.cpu_seconds_per_gigabyte,
        "requests": small.per_second,
        "request": small.cpu_microseconds_each,
    }
    return found


def _latency(proxy: Proxy, per_second: float, log: Path, options: argparse.Namespace) -> dict[str, float]:
    p50, p99 = load.open_loop_milliseconds(
        proxy, "/small", per_second=per_second, connections=32, seconds=options.seconds, log=log
    )
    return {"p50": p50, "p99": p99}


def _tables(runs: list[Run]) -> str:
    def figure(algorithm: str, name: str, key: str) -> float:
        return median(found[key] for a, n, found in runs if (a, n) == (algorithm, name) and key in found)

    columns: tuple[tuple[str, str, str, Best], ...] = (
        ("full handshake ECDSA P-256, µs CPU", "ecdsa", "full", min),
        ("full handshake RSA-2048, µs CPU", "rsa", "full", min),
        ("resumed handshake, µs CPU", "ecdsa", "resumed", min),
        ("bulk, s CPU per GB", "ecdsa", "gigabyte", min),
        ("requests/s kept alive", "ecdsa", "requests", max),
        ("request kept alive, µs CPU", "ecdsa", "request", min),
        ("p50 at half load, ms", "ecdsa", "p50", min),
        ("p99 at half load, ms", "ecdsa", "p99", min),
    )
    rows = [
        _row(label, {name: figure(algorithm, name, key) for name in (OURS, *PEERS)}, best)
        for label, algorithm, key, best in columns
    ]
    return table(["work", OURS, *PEERS, f"{OURS} / best peer"], rows)


def _row(label: str, values: dict[str, float], best: Best) -> list[str]:
    ratio = values[OURS] / best(values[name] for name in PEERS)
    figures = (f"{value:,.3g}" if value < 999.5 else f"{value:,.0f}" for value in values.values())
    return [label, *figures, f"{ratio:.2f}"]


def _pem_file(path: Path, certificate_id: str) -> Path:
    version = version_of(certificate_id)
    path.write_bytes(version.leaf_pem.encode() + open_private_key(version.pk))
    return path


if __name__ == "__main__":
    main()
