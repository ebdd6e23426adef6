"""Replace certificates on a running node: how long until a client sees it, and what breaks meanwhile."""

from __future__ import annotations

import argparse
import hashlib
import socket
import ssl
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from benchmarks.stack import Site, make_site, migrate, node, redis  # isort: skip  (sets Django up)
from benchmarks.proxies import Proxy, backend
from benchmarks.report import publish, table
from certificates.services import replace_certificate
from events.actor import SYSTEM
from tests.certs import Issued, make_leaf

GIVE_UP_SECONDS = 10
REQUEST = b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"


def main() -> None:
    """Run the campaign and publish it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 1_000, 10_000])
    parser.add_argument("--replaces", type=int, default=200)
    parser.add_argument("--load-seconds", type=int, default=20)
    options = parser.parse_args()
    migrate()
    with tempfile.TemporaryDirectory() as name, redis(), backend(Path(name) / "backend") as port:
        rows = [_campaign(size, port, options) for size in options.sizes]
    header = ("certificates", "p50 ms", "p99 ms", "worst ms", "replaces under load", "handshakes", "failed", "dropped")
    publish("replace", "python -m benchmarks.replace", table(header, rows))


def _campaign(size: int, backend_port: int, options: argparse.Namespace) -> list[str]:
    site = make_site([f"n{number}.size{size}.test" for number in range(size)], backend_port)
    with node(site.listener.port) as proxy:
        await_served(proxy, list(site.certificate_ids)[-1])
        latencies = [_replace_and_watch(proxy, site, turn) for turn in range(options.replaces)]
        load = _replace_under_load(proxy, site, options.load_seconds)
    cuts = quantiles(latencies, n=100)
    figures = [f"{value:.1f}" for value in (cuts[49], cuts[98], max(latencies))]
    return [f"{size:,}", *figures, str(load.replaces), str(load.handshakes), str(load.failed), str(load.dropped)]


def _replace_and_watch(proxy: Proxy, site: Site, turn: int) -> float:
    """Replace one certificate; return ms from the commit until a client was served the new one."""
    names = list(site.certificate_ids)
    name = names[turn * 7919 % len(names)]
    issued = make_leaf(name)
    _replace(site, name, issued)
    committed = time.perf_counter()
    while served_sha256(proxy.port, name) != issued.sha256:
        if time.perf_counter() - committed > GIVE_UP_SECONDS:
            raise TimeoutError(f"{name} is not served after {GIVE_UP_SECONDS} s.")
    return (time.perf_counter() - committed) * 1000


def _replace(site: Site, name: str, issued: Issued) -> None:
    replace_certificate(
        SYSTEM, site.certificate_ids[name], certificate_pem=issued.chain_pem, private_key_pem=issued.key_pem
    )


def served_sha256(port: int, name: str) -> str:
    """Return the fingerprint that a client asking for ``name`` is served."""
    with _client(port, name) as stream:
        return hashlib.sha256(stream.getpeercert(binary_form=True) or b"").hexdigest()


def _client(port: int, name: str) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port), timeout=GIVE_UP_SECONDS)
    return context.wrap_socket(plain, server_hostname=name)


def await_served(proxy: Proxy, name: str) -> None:
    """Return once ``name`` is answered; raise TimeoutError after a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            served_sha256(proxy.port, name)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"{name} is not served.")


@dataclass(slots=True)
class Load:
    """What happened while certificates were replaced."""

    replaces: int = 0
    handshakes: int = 0
    failed: int = 0
    dropped: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def _replace_under_load(proxy: Proxy, site: Site, seconds: int) -> Load:
    """Replace 20 certificates per second while clients connect as fast as they can and others stay connected."""
    load = Load()
    over = threading.Event()
    held = [_client(proxy.port, next(iter(site.certificate_ids))) for _ in range(50)]
    clients = [threading.Thread(target=_connect_until, args=(over, proxy, site, load)) for _ in range(4)]
    for client in clients:
        client.start()
    names = list(site.certificate_ids)
    prepared = [(name, make_leaf(name)) for name in (names[n % len(names)] for n in range(20 * seconds))]
    begin = time.monotonic()
    for turn, (name, issued) in enumerate(prepared):
        time.sleep(max(0, begin + turn / 20 - time.monotonic()))
        if time.monotonic() - begin > seconds:
            break
        _replace(site, name, issued)
        load.replaces += 1
    over.set()
    for client in clients:
        client.join()
    load.dropped = sum(not _is_alive(stream) for stream in held)
    return load


def _connect_until(over: threading.Event, proxy: Proxy, site: Site, load: Load) -> None:
    names = list(site.certificate_ids)
    turn = 0
    while not over.is_set():
        turn += 1
        try:
            with _client(proxy.port, names[turn * 7919 % len(names)]) as stream:
                is_good = _is_alive(stream, close=False)
        except OSError:
            is_good = False
        with load.lock:
            load.handshakes += 1
            load.failed += not is_good


def _is_alive(stream: ssl.SSLSocket, *, close: bool = True) -> bool:
    try:
        stream.sendall(REQUEST)
        return stream.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False
    finally:
        if close:
            stream.close()


if __name__ == "__main__":
    main()
