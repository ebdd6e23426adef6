"""Requests over HTTPS side by side with nginx and HAProxy: HTTP/1.1 and HTTP/2, kept alive; and HTTP/3 by itself.

One worker each, same certificate, backend and clients. Every figure is the median of rounds in which the proxies take
turns, so that a noisy minute hits all of them. Neither peer of Debian 12 speaks HTTP/3.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.stack import import_issued, migrate, node, redis  # isort: skip  (sets Django up)
from benchmarks import load
from benchmarks.http_proxies import HTTP_PEERS
from benchmarks.processes import free_port
from benchmarks.proxies import Proxy, Setting, backend, peer
from benchmarks.report import publish, table
from events.actor import SYSTEM
from listeners.models import Listener, ListenerStatus
from listeners.services import ServerSpec, create_listener, create_load_balancer, create_server_group
from listeners.tls_policies import WIZARD_POLICY
from tests.certs import make_leaf

OURS = "lbadmin"
HTTP1_CONNECTIONS = 32
HTTP2_CONNECTIONS, HTTP2_STREAMS = 8, 4  # as many requests at a time
START_SECONDS = 30
Start = Callable[[], AbstractContextManager[Proxy]]
Run = tuple[str, dict[str, float]]  # proxy, figures
Best = Callable[[Iterable[float]], float]  # min where less is better, max where more is


def main() -> None:
    """Run the campaign and publish it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--handshakes", type=int, default=400)
    parser.add_argument("--requests", type=int, default=4000)
    options = parser.parse_args()
    load.pin_this_process()
    migrate()
    with tempfile.TemporaryDirectory() as name, redis(), backend(Path(name) / "backend") as port:
        certificate = _certificate(Path(name))
        https, quic = _listeners(certificate.stem, port)
        starts: dict[str, Start] = {OURS: partial(node, https.port)}
        setting = Setting(Path(name), certificate, port)
        starts |= {peer_name: partial(peer, peer_name, setting, HTTP_PEERS) for peer_name in HTTP_PEERS}
        runs = list(_runs(starts, Path(name) / "latency.log", options))
        http3 = [_http3(https, quic, options) for _ in range(options.rounds)]
    publish("https", "python -m benchmarks.https", f"{_beside_others(runs)}\n\n{_http3_table(http3)}")


def _certificate(folder: Path) -> Path:
    """Import a certificate, and write it down for the peers; the file is named after its id."""
    issued = make_leaf("localhost")
    path = folder / f"{import_issued(issued, 'bench-https')}.pem"
    path.write_bytes(issued.chain_pem + issued.key_pem)
    return path


def _listeners(certificate_id: str, backend_port: int) -> tuple[Listener, Listener]:
    """Create an HTTPS and a QUIC listener before the backend."""
    balancer = create_load_balancer(
        SYSTEM, name="bench-https", bind_address="127.0.0.1", product="ALB", edition="Standard"
    )
    servers = [ServerSpec(address="127.0.0.1", port=backend_port)]
    group = create_server_group(SYSTEM, name="bench-https", protocol="HTTP", servers=servers)
    made = partial(
        create_listener,
        SYSTEM,
        load_balancer_id=balancer.id,
        server_group_id=group.id,
        certificate_id=certificate_id,
        port=free_port(),
    )
    return made(protocol="HTTPS", security_policy=WIZARD_POLICY), made(protocol="QUIC")


def _runs(starts: Mapping[str, Start], log: Path, options: argparse.Namespace) -> Iterator[Run]:
    rates: dict[str, list[float]] = {"http1": [], "http2": []}
    for _, (name, start) in itertools.product(range(options.rounds), starts.items()):
        with start() as proxy:
            found = _throughput(proxy, options.seconds)
        print(name, found, file=sys.stderr, flush=True)
        for version, reached in rates.items():
            reached.append(found[version])
        yield name, found
    # The same rate for all: what is half of the load for the slowest is no strain for any.
    halves = {version: min(reached) / 2 for version, reached in rates.items()}
    for _, (name, start) in itertools.product(range(options.rounds), starts.items()):
        with start() as proxy:
            yield name, _latency(proxy, halves, log, options.seconds)


def _throughput(proxy: Proxy, seconds: int) -> dict[str, float]:
    http1 = load.closed_loop(proxy, "/small", connections=HTTP1_CONNECTIONS, seconds=seconds)
    http2 = load.closed_loop_http2(
        proxy, "/small", connections=HTTP2_CONNECTIONS, streams=HTTP2_STREAMS, seconds=seconds
    )
    return {
        "http1": http1.per_second,
        "http1_cpu": http1.cpu_microseconds_each,
        "http2": http2.per_second,
        "http2_cpu": http2.cpu_microseconds_each,
    }


def _latency(proxy: Proxy, halves: Mapping[str, float], log: Path, seconds: int) -> dict[str, float]:
    found = {}
    for version, connections in (("http1", HTTP1_CONNECTIONS), ("http2", HTTP2_CONNECTIONS)):
        _, found[f"{version}_p99"] = load.open_loop_milliseconds(
            proxy,
            "/small",
            per_second=halves[version],
            connections=connections,
            seconds=seconds,
            log=log,
            http2=version == "http2",
        )
    return found


def _http3(https: Listener, quic: Listener, options: argparse.Namespace) -> dict[str, float]:
    with node(https.port) as ours:
        _wait_until_served(quic)
        proxy = Proxy(OURS, quic.port, ours.pid)
        load.http3(proxy, 50, kept=False)  # warm caches
        handshakes = load.http3(proxy, options.handshakes, kept=False)
        requests = load.http3(proxy, options.requests, kept=True)
    return {
        "handshake": handshakes.cpu_microseconds_each,
        "request": requests.cpu_microseconds_each,
        "requests": requests.per_second,
    }


def _wait_until_served(listener: Listener) -> None:
    deadline = time.monotonic() + START_SECONDS
    running = ListenerStatus.objects.filter(listener=listener, state=ListenerStatus.State.RUNNING)
    while not running.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{listener} is not served after {START_SECONDS} s.")
        time.sleep(0.05)


def _beside_others(runs: list[Run]) -> str:
    columns: tuple[tuple[str, str, Best], ...] = (
        ("requests/s, HTTP/1.1", "http1", max),
        ("request over HTTP/1.1, µs CPU", "http1_cpu", min),
        ("p99 at half load, HTTP/1.1, ms", "http1_p99", min),
        ("requests/s, HTTP/2", "http2", max),
        ("request over HTTP/2, µs CPU", "http2_cpu", min),
        ("p99 at half load, HTTP/2, ms", "http2_p99", min),
    )
    rows = []
    for label, key, best in columns:
        values = {
            name: median(found[key] for of, found in runs if of == name and key in found)
            for name in (OURS, *HTTP_PEERS)
        }
        ratio = values[OURS] / best(values[name] for name in HTTP_PEERS)
        rows.append([label, *map(_figure, values.values()), f"{ratio:.2f}"])
    return table(["work", OURS, *HTTP_PEERS, f"{OURS} / best peer"], rows)


def _http3_table(found: list[dict[str, float]]) -> str:
    labels = {
        "handshake": "full handshake and one request, µs CPU",
        "request": "request on a kept connection, µs CPU",
        "requests": "requests/s that the client, one of Python, could ask for",
    }
    rows = [[label, _figure(median(one[key] for one in found))] for key, label in labels.items()]
    return table(["HTTP/3", OURS], rows)


def _figure(value: float) -> str:
    return f"{value:,.3g}" if value < 999.5 else f"{value:,.0f}"


if __name__ == "__main__":
    main()
