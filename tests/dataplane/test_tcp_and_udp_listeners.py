"""TCP and UDP listeners on the real engine: what servers get to see, and how much of it."""

import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from dataplane.snapshot import ADDITIONAL, DEFAULT, Listener, Server, Slot
from tests.certs import make_leaf, rsa_key
from tests.dataplane.backends import http_backend
from tests.dataplane.site import Bound, Site
from tests.e2e.http3 import Http3
from tests.waiting import wait_until

HOST = "127.0.0.1"
UDP: dict[str, Any] = {
    "protocol": "UDP",
    "product": "NLB",
    "edition": "",
    "group": {"protocol": "UDP"},
    "idle_timeout_seconds": 10,
}
TCP: dict[str, Any] = {"protocol": "TCP", "product": "NLB", "edition": "", "group": {"protocol": "TCP"}}
PROXY_V2 = bytes.fromhex("0d0a0d0a000d0a515549540a")


class _Greeting(socketserver.BaseRequestHandler):
    """Speaks first, as servers of mail do, then says what it got."""

    def handle(self) -> None:
        self.request.sendall(b"hello ")
        while data := self.request.recv(1024):
            self.request.sendall(data)


class _Whoami(socketserver.DatagramRequestHandler):
    """Answers with its own port, and with what it got."""

    def handle(self) -> None:
        port = self.socket.getsockname()[1]
        self.wfile.write(f"{port} ".encode() + self.rfile.read())


@contextmanager
def _running(server: socketserver.TCPServer) -> Iterator[int]:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def tcp_port() -> Iterator[int]:
    server = socketserver.ThreadingTCPServer((HOST, 0), _Greeting)
    server.daemon_threads = True
    with _running(server) as port:
        yield port


@pytest.fixture(scope="module")
def udp_ports() -> Iterator[list[int]]:
    with ExitStack() as stack:
        servers = [socketserver.UDPServer((HOST, 0), _Whoami) for _ in range(3)]
        yield [stack.enter_context(_running(server)) for server in servers]


@contextmanager
def _client(listener: Listener) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.3)
        client.connect((HOST, listener.port))
        yield client


def _asked(client: socket.socket, data: bytes = b"x") -> bytes:
    """Return the answer to a datagram, empty without one."""
    try:
        client.send(data)
        return client.recv(65_536)
    except OSError:
        return b""


def _server_of(client: socket.socket) -> int:
    answer: bytes = wait_until(lambda: _asked(client))
    return int(answer.partition(b" ")[0])


def _read(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count and (data := connection.recv(count - len(found))):
        found += data
    return found


def test_server_of_a_tcp_listener_may_speak_first(site: Site, tcp_port: int) -> None:
    listener = site.add(tcp_port, **TCP)
    with socket.create_connection((HOST, listener.port), 30) as connection:
        assert _read(connection, 6) == b"hello "
        connection.sendall(b"back")
        assert _read(connection, 4) == b"back"
    (ended,) = wait_until(lambda: [one for key, one in site.connections if key == listener.id])
    assert (ended.protocol, ended.is_plain, ended.bytes_received, ended.bytes_sent) == ("TCP", True, 4, 10)


def test_server_of_a_tcp_listener_is_told_of_the_client(site: Site, tcp_port: int) -> None:
    listener = site.add(tcp_port, proxy_protocol=True, **TCP)
    with socket.create_connection((HOST, listener.port), 30) as connection:
        assert _read(connection, 6 + 28) == b"hello " + PROXY_V2 + bytes.fromhex("21 11 000c") + _addresses(connection)


def _addresses(connection: socket.socket) -> bytes:
    """Return what the second version of the proxy protocol says of a connection over IPv4."""
    here, there = connection.getsockname(), connection.getpeername()
    return socket.inet_aton(here[0]) + socket.inet_aton(there[0]) + struct.pack("!HH", here[1], there[1])


def test_limit_of_new_tcp_connections_holds(site: Site, tcp_port: int) -> None:
    listener = site.add(tcp_port, connections_per_second=1, **TCP)
    greeted = 0
    for _ in range(20):
        with socket.create_connection((HOST, listener.port), 30) as connection:
            greeted += _read(connection, 6) == b"hello "
    assert 0 < greeted < 20


def test_udp_session_stays_with_its_server_and_others_go_elsewhere(site: Site, udp_ports: list[int]) -> None:
    listener = site.add(*udp_ports, **UDP)
    with ExitStack() as stack:
        clients = [stack.enter_context(_client(listener)) for _ in range(12)]
        servers = [_server_of(client) for client in clients]
        assert len(set(servers)) == 3
        assert [_server_of(client) for client in clients] == servers


def test_udp_sources_keep_their_server_by_hash_whatever_their_port(site: Site, udp_ports: list[int]) -> None:
    listener = site.add(*udp_ports, **{**UDP, "group": {"protocol": "UDP", "scheduler": "sch"}})
    with ExitStack() as stack:
        clients = [stack.enter_context(_client(listener)) for _ in range(12)]
        assert len({_server_of(client) for client in clients}) == 1


def test_weight_0_takes_no_session(site: Site, udp_ports: list[int]) -> None:
    one, *others = udp_ports
    listener = site.add(one, *(Server(HOST, port, 0) for port in others), **UDP)
    with ExitStack() as stack:
        clients = [stack.enter_context(_client(listener)) for _ in range(6)]
        assert {_server_of(client) for client in clients} == {one}


def test_session_beyond_the_limit_is_not_served_and_those_within_go_on(site: Site, udp_ports: list[int]) -> None:
    listener = site.add(udp_ports[0], session_limit=2, **UDP)
    with _client(listener) as first, _client(listener) as second, _client(listener) as third:
        assert _server_of(first)
        assert _server_of(second)
        assert _asked(third) == b""
        assert _server_of(first)
        assert _server_of(second)


def test_removed_server_hands_its_sessions_over(site: Site, udp_ports: list[int]) -> None:
    listener = site.add(*udp_ports[:2], **UDP)
    with ExitStack() as stack:
        clients = [stack.enter_context(_client(listener)) for _ in range(6)]
        assert len({_server_of(client) for client in clients}) == 2
        site.change_group(listener, servers=(Server(HOST, udp_ports[2], 100),))
        wait_until(lambda: {_server_of(client) for client in clients} == {udp_ports[2]})


def test_removed_udp_listener_answers_nobody(site: Site, udp_ports: list[int]) -> None:
    listener = site.add(udp_ports[0], **UDP)
    with _client(listener) as client:
        assert _server_of(client)
        site.remove(listener)
        wait_until(lambda: not _asked(client))


def test_changed_idle_timeout_begins_sessions_anew_and_serves_them(site: Site, udp_ports: list[int]) -> None:
    listener = site.add(udp_ports[0], **UDP)
    with _client(listener) as client:
        assert _server_of(client)
        site.change(listener, idle_timeout_seconds=20)
        assert _server_of(client)


def test_http3_connection_lives_on_when_certificates_and_timeouts_change(site: Site) -> None:
    named, added = make_leaf("named.test"), make_leaf("added.test")
    with http_backend() as backend:
        bound = [Bound(make_leaf("default.test"), DEFAULT), Bound(named)]
        listener = site.add(backend.port, bound=bound, protocol="QUIC", policy=None)
        more = site.certificate(added)
        with Http3(listener.port, "named.test") as connection:
            assert (connection.sha256, connection.get().status) == (named.sha256, 200)
            site.snapshot = site.snapshot.with_certificates({more.id: more})
            listener = site.change(listener, slots=(*listener.slots, Slot(9_999, ADDITIONAL, more.id)))
            with Http3(listener.port, "added.test") as new:
                assert new.sha256 == added.sha256
            site.change(listener, request_timeout_seconds=99)
            time.sleep(2)  # longer than the drain time of this engine
            assert connection.get().status == 200


def test_http3_client_gets_ecdsa_before_rsa_also_under_deeper_labels(site: Site) -> None:
    rsa, ecdsa = make_leaf("*.dual.test", key=rsa_key()), make_leaf("*.dual.test")
    bound = [Bound(make_leaf("default.test"), DEFAULT), Bound(rsa), Bound(ecdsa)]
    listener = site.add(9, bound=bound, protocol="QUIC", policy=None)
    for name in ("a.dual.test", "a.b.dual.test"):
        with Http3(listener.port, name) as connection:
            assert connection.sha256 == ecdsa.sha256
