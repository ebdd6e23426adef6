"""UDP listeners and QUIC listeners, with real clients before a real engine."""

import http.client
import http.server
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from listeners import services
from listeners.models import Listener, ListenerStatus
from listeners.services import ServerSpec
from tests.certs import make_leaf
from tests.e2e import http3
from tests.e2e.clients import HOST, context
from tests.e2e.http3 import Http3
from tests.e2e.site import OPERATOR, Site, receipts_of, state_of, status_of
from tests.factories import make_listener, make_load_balancer, make_server_group, store_certificate
from tests.waiting import free_port, wait_until

State = ListenerStatus.State


class _EchoDatagram(socketserver.DatagramRequestHandler):
    def handle(self) -> None:
        self.wfile.write(self.rfile.read())


class _Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"{self.path} for {self.headers['Host']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _running(server: socketserver.TCPServer) -> Iterator[int]:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def echo_port() -> Iterator[int]:
    class Server(socketserver.ThreadingUDPServer):
        max_packet_size = 65_535
        daemon_threads = True

    with _running(Server((HOST, 0), _EchoDatagram)) as port:
        yield port


@pytest.fixture(scope="module")
def page_port() -> Iterator[int]:
    with _running(http.server.ThreadingHTTPServer((HOST, 0), _Page)) as port:
        yield port


@contextmanager
def _client(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.connect((HOST, port))
        yield client


def _echoes(client: socket.socket, data: bytes = b"hello") -> bool:
    """Tell whether a datagram comes back; one may be lost, and is told by the kernel where nobody listens."""
    try:
        client.send(data)
        return client.recv(65_536) == data
    except OSError:
        return False


def _served(**fields: object) -> Listener:
    listener = make_listener(**fields)
    wait_until(lambda: state_of(listener) == State.RUNNING, 60)
    return listener


def _udp_listener(echo_port: int, **fields: object) -> Listener:
    group = make_server_group(protocol="UDP", servers=[ServerSpec(HOST, echo_port)], health_check_enabled=False)
    return _served(protocol="UDP", certificate_id=None, server_group_id=group.pk, port=free_port(), **fields)


def _http_group(page_port: int) -> str:
    return make_server_group(protocol="HTTP", servers=[ServerSpec(HOST, page_port)], health_check_enabled=False).pk


def _quic_listener(page_port: int, **fields: object) -> Listener:
    if "load_balancer_id" not in fields:
        fields["load_balancer_id"] = make_load_balancer(product="ALB", edition="Standard").pk
    return _served(**{"protocol": "QUIC", "server_group_id": _http_group(page_port), "port": free_port(), **fields})


def test_datagrams_come_back_to_whoever_sent_them_also_large_ones(site: Site, echo_port: int) -> None:
    listener = _udp_listener(echo_port)
    with _client(listener.port) as one, _client(listener.port) as other:
        assert wait_until(lambda: _echoes(one, b"one"))
        assert wait_until(lambda: _echoes(other, b"other"))
        assert wait_until(lambda: _echoes(one, bytes(20_000)))
        wait_until(lambda: (status := status_of(listener)) and status.connections_active == 2)


def test_stopped_udp_listener_answers_nobody_until_it_is_started(site: Site, echo_port: int) -> None:
    listener = _udp_listener(echo_port)
    services.stop_listener(OPERATOR, listener.pk)
    wait_until(lambda: state_of(listener) == State.STOPPED)
    with _client(listener.port) as client:
        wait_until(lambda: not _echoes(client))
    services.start_listener(OPERATOR, listener.pk)
    with _client(listener.port) as client:
        wait_until(lambda: _echoes(client))


def test_quic_serves_each_name_its_certificate_and_others_the_default(site: Site, page_port: int) -> None:
    default, named = make_leaf("default.test"), make_leaf("named.test", "*.wild.test")
    listener = _quic_listener(
        page_port,
        certificate_id=store_certificate(default).pk,
        additional_certificate_ids=[store_certificate(named).pk],
    )
    assert http3.served(listener.port) == default.sha256
    assert http3.served(listener.port, "named.test") == named.sha256
    assert http3.served(listener.port, "deep.er.wild.test") == named.sha256
    with Http3(listener.port, "named.test") as connection:
        answer = connection.get("/page", host="named.test")
    assert (answer.status, answer.body) == (200, b"/page for named.test")


def test_quic_connections_and_udp_sessions_are_counted(site: Site, echo_port: int, page_port: int) -> None:
    udp, quic = _udp_listener(echo_port, idle_timeout_seconds=10), _quic_listener(page_port)
    with _client(udp.port) as client:
        wait_until(lambda: _echoes(client))
    for _ in range(3):
        with Http3(quic.port) as connection:
            assert connection.get().status == 200
    wait_until(lambda: (status := status_of(quic)) and status.handshakes == 3 and status.bytes_sent > 0)
    wait_until(lambda: (status := status_of(udp)) and status.handshakes == 1 and status.bytes_received >= 5)
    assert not ListenerStatus.objects.exclude(failures={}).filter(listener__in=[udp, quic]).exists()


def test_replaced_certificate_is_served_to_new_quic_connections_and_gets_a_receipt(site: Site, page_port: int) -> None:
    certificate = store_certificate(make_leaf("before.test"))
    listener = _quic_listener(page_port, certificate_id=certificate.pk)
    after = make_leaf("after.test")
    with Http3(listener.port) as open_since_before:
        services.change_default_certificate(OPERATOR, listener.pk, certificate_id=store_certificate(after).pk)
        wait_until(lambda: http3.served(listener.port) == after.sha256)
        assert open_since_before.get().status == 200
    wait_until(lambda: after.sha256 in [receipt.served_sha256 for receipt in receipts_of(listener)])
    assert all(receipt.is_expected for receipt in receipts_of(listener))


def test_quic_session_is_resumed_on_any_worker(site: Site, page_port: int) -> None:
    listener = _quic_listener(page_port)
    with Http3(listener.port, "a.test") as first:
        ticket = first.wait_for_ticket()
    for _ in range(4):
        with Http3(listener.port, "a.test", ticket=ticket) as again:
            assert again.is_resumed
            assert again.get().status == 200


def test_https_and_quic_share_a_port_and_https_tells_of_it(site: Site, page_port: int) -> None:
    quic = _quic_listener(page_port)
    https = _served(
        load_balancer_id=quic.load_balancer_id,
        port=quic.port,
        server_group_id=_http_group(page_port),
        quic_listener_id=quic.pk,
    )
    assert _alt_svc(https.port) == f'h3=":{quic.port}"; ma=86400'
    services.stop_listener(OPERATOR, quic.pk)
    wait_until(lambda: _alt_svc(https.port) == "")


def test_http3_connection_and_udp_session_outlive_the_node(site: Site, echo_port: int, page_port: int) -> None:
    udp, quic = _udp_listener(echo_port), _quic_listener(page_port)
    engine = site.engine_pid
    with _client(udp.port) as client, Http3(quic.port) as connection:
        wait_until(lambda: _echoes(client))
        assert connection.get().status == 200
        site.kill_node()
        assert connection.get().status == 200
        wait_until(lambda: _echoes(client))
        site.start()
        wait_until(lambda: state_of(quic) == state_of(udp) == State.RUNNING)
        assert connection.get().status == 200
        wait_until(lambda: _echoes(client))
    assert site.engine_pid == engine


def _alt_svc(port: int) -> str:
    connection = http.client.HTTPSConnection(HOST, port, context=context(), timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().getheader("alt-svc", "")
    finally:
        connection.close()
