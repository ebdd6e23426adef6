"""Ask the cloud-compatible API and REST over gunicorn with four threads, among 10,000 listeners: milliseconds.

A client in a process of its own sends signed requests over connections that stay open; nothing is left out: each is
parsed, its signature and nonce checked, and the database asked. First one client alone, then eight at once.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import json
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from benchmarks.stack import DATA_DIR, migrate, redis  # isort: skip  (sets Django up)
from django.contrib.auth.models import User

from access.access_keys import NewAccessKey, create_access_key
from access.tokens import create_token
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
HEADER = ("request", "goal, p99", "p50, ms", "p99, ms", "eight at once: requests/s", "p99, ms")
Request = tuple[str, str, bytes, dict[str, str]]


def main() -> None:
    """Run the campaign and publish it."""
    with redis():
        migrate()
        fill(Sizes(LISTENERS * 6 // 5, LISTENERS))
        lines = list(_measured())
    publish("cloudapi", "python -m benchmarks.cloudapi", f"{table(HEADER, lines)}\n\n{_signatures()}")


def _measured() -> Iterator[tuple[str, ...]]:
    user = User.objects.create_superuser("bench")
    key, token = create_access_key(SYSTEM, user), create_token(user)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "python:lbadmin.gunicorn", "--threads", "4", "lbadmin.wsgi"]
    with running([*command, "--bind", f"127.0.0.1:{port}"], DATA_DIR / "console.log"):
        wait_for_port(port)
        for name, goal, make in _requests(key, token, port):
            alone = sorted(_times(port, make, RUNS, WARM_UP))
            begin = time.perf_counter()
            together = sorted(_at_once(port, make))
            rate = len(together) / (time.perf_counter() - begin)
            yield (
                name,
                f"{goal} ms",
                f"{statistics.median(alone):.1f}",
                f"{_p99(alone):.1f}",
                f"{rate:,.0f}",
                f"{_p99(together):.1f}",
            )


def _p99(ordered: list[float]) -> float:
    return ordered[int(len(ordered) * 0.99) - 1]


def _requests(key: NewAccessKey, token: str, port: int) -> Iterator[tuple[str, int, Callable[[], Request]]]:
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


def _times(port: int, make: Callable[[], Request], runs: int, warm_up: int = 0) -> list[float]:
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
            raise RuntimeError(f"{path} answered {response.status}: {json.loads(answer)}")
    connection.close()
    return times[warm_up:]


def _at_once(port: int, make: Callable[[], Request]) -> list[float]:
    times: list[float] = []
    threads = [
        threading.Thread(target=lambda: times.extend(_times(port, make, RUNS // CLIENTS))) for _client in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


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
