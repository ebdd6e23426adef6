"""Ask the cloud-compatible API and REST over gunicorn with four threads, among 10,000 listeners: milliseconds.

A client in a process of its own sends signed requests over connections that stay open; nothing is left out: each is
parsed, its signature and nonce checked, and the database asked. First one client alone, then eight at once. Beside
it, for scale, moto's classic ELB, which keeps everything in memory and checks no signature.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from benchmarks.stack import DATA_DIR, migrate, redis  # isort: skip  (sets Django up)
from django.contrib.auth.models import User

from access.access_keys import NewAccessKey, create_access_key
from access.tokens import create_token
from benchmarks.moto import Make, Request, moto
from benchmarks.moto import requests as moto_requests
from benchmarks.processes import free_port, running, wait_for_port
from benchmarks.report import publish, table
from benchmarks.rows import Sizes, fill
from cloudapi.wire.signatures import v1_signature, v3_signature
from events.actor import SYSTEM
from listeners.models import Listener, ServerGroup
from listeners.services import create_load_balancer

LISTENERS = 10_000
RUNS = 300
CLIENTS = 8
SIGNATURES = 20_000
WARM_UP = 30
HEADER = ("request", "goal, p99", "p50, ms", "p99, ms", "eight at once: requests/s", "p99, ms", "moto: requests/s")


def main() -> None:
    """Run the campaign and publish it."""
    with redis():
        migrate()
        fill(Sizes(LISTENERS * 6 // 5, LISTENERS))
        lines = list(_measured(_moto_rates()))
    publish("cloudapi", "python -m benchmarks.cloudapi", f"{table(HEADER, lines)}\n\n{_signatures()}")


def _moto_rates() -> Mapping[str, float]:
    """Return how many requests a second moto answers to eight clients, by the request of ours that does the same."""
    with moto(DATA_DIR / "moto.log") as port:
        asked = dict(moto_requests(port))
        _times(port, asked.pop("create"), 1)
        return {name: _at_once(port, make)[0] for name, make in asked.items()}


def _measured(moto_rates: Mapping[str, float]) -> Iterator[tuple[str, ...]]:
    user = User.objects.create_superuser("bench")
    key, token = create_access_key(SYSTEM, user), create_token(user)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "python:lbadmin.gunicorn", "--threads", "4", "lbadmin.wsgi"]
    with running([*command, "--bind", f"127.0.0.1:{port}"], DATA_DIR / "console.log"):
        wait_for_port(port)
        for name, goal, make in _requests(key, token, port):
            alone = sorted(_times(port, make, RUNS, WARM_UP))
            rate, together = _at_once(port, make)
            yield (
                name,
                f"{goal} ms",
                f"{statistics.median(alone):.1f}",
                f"{_p99(alone):.1f}",
                f"{rate:,.0f}",
                f"{_p99(together):.1f}",
                f"{moto_rates[name]:,.0f}" if name in moto_rates else "",
            )


def _p99(ordered: list[float]) -> float:
    return ordered[int(len(ordered) * 0.99) - 1]


def _requests(key: NewAccessKey, token: str, port: int) -> Iterator[tuple[str, int, Make]]:
    host = f"127.0.0.1:{port}"
    one = Listener.objects.order_by("pk")[LISTENERS // 2]
    ports = itertools.count(1000)
    balancer = create_load_balancer(SYSTEM, name="fresh", bind_address="127.200.0.1")
    group = ServerGroup.objects.order_by("pk")[0]

    def create() -> Request:
        form = {
            "LoadBalancerId": balancer.pk,
            "ListenerProtocol": "TCP",
            "ListenerPort": str(next(ports)),
            "ServerGroupId": group.pk,
        }
        return _signed(key, host, "CreateListener", form=form)

    bearer = {"Authorization": f"Bearer {token}", "Host": host}
    yield "GetListenerAttribute", 15, lambda: _signed(key, host, "GetListenerAttribute", query={"ListenerId": one.pk})
    yield "REST: GET /listeners/ID", 15, lambda: ("GET", f"/api/v1/listeners/{one.pk}", b"", bearer)
    yield "ListListeners, 100 of 10,000", 50, lambda: _signed(key, host, "ListListeners", query={"MaxResults": "100"})
    yield "CreateListener", 60, create


def _signed(
    key: NewAccessKey,
    host: str,
    action: str,
    *,
    query: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> Request:
    asked, body = query or {}, urlencode(form or {}).encode()
    digest = hashlib.sha256(body).hexdigest()
    headers = {
        "host": host,
        "content-type": "application/x-www-form-urlencoded",
        "x-acs-action": action,
        "x-acs-version": "2022-04-30",
        "x-acs-date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": str(uuid.uuid4()),
        "x-acs-content-sha256": digest,
    }
    names = sorted(headers)
    signature = v3_signature(
        "POST", query=asked.items(), headers=headers, signed=names, body_sha256=digest, secret=key.secret
    )
    signed = f"ACS3-HMAC-SHA256 Credential={key.row.pk},SignedHeaders={';'.join(names)},Signature={signature}"
    return "POST", f"/?{urlencode(asked)}", body, {**headers, "authorization": signed}


def _times(port: int, make: Make, runs: int, warm_up: int = 0) -> list[float]:
    """Return how long each request took, in milliseconds; signing it is the client's own time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = []
    for _run in range(warm_up + runs):
        method, path, body, headers = make()
        begin = time.perf_counter()
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        answer = response.read()
        times.append((time.perf_counter() - begin) * 1000)
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}: {answer[:500]!r}")
    connection.close()
    return times[warm_up:]


def _at_once(port: int, make: Make) -> tuple[float, list[float]]:
    """Return how many requests a second are answered to all clients together, and their times, the shortest first."""
    times: list[float] = []
    threads = [
        threading.Thread(target=lambda: times.extend(_times(port, make, RUNS // CLIENTS))) for _client in range(CLIENTS)
    ]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / (time.perf_counter() - begin), sorted(times)


def _signatures() -> str:
    """Return how long computing a signature takes, of a request with 20 parameters."""
    parameters = {f"Parameter.{number}": f"value {number}" for number in range(20)}
    headers = dict.fromkeys(("host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"), "value")
    v1 = _microseconds(lambda: v1_signature("GET", parameters, "secret"))
    v3 = _microseconds(
        lambda: v3_signature(
            "GET",
            query=parameters.items(),
            headers=headers,
            signed=sorted(headers),
            body_sha256="0" * 64,
            secret="secret",
        )
    )
    return f"A signature of 20 parameters takes {v1:.0f} µs (V1) and {v3:.0f} µs (V3); the goal is 200 µs."


def _microseconds(run: Callable[[], object]) -> float:
    begin = time.process_time()
    for _each in range(SIGNATURES):
        run()
    return (time.process_time() - begin) / SIGNATURES * 1e6


if __name__ == "__main__":
    main()
