"""What servers get: proxy protocol, dead servers, and listeners with a connection limit."""

import ipaddress
import socket
import ssl
import struct
import threading

from listeners import services
from listeners.models import Listener, ServerHealth
from tests.dataplane.group_servers import named_server
from tests.e2e.clients import connect, round_trip
from tests.e2e.conftest import Backend
from tests.e2e.site import Site, serve, status_of
from tests.factories import OPERATOR
from tests.waiting import free_port, wait_until

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def test_server_is_told_the_client_s_address_by_proxy_protocol(site: Site, backend: Backend) -> None:
    listener = serve(backend.port, proxy_protocol_enabled=True)
    with connect(listener.port) as connection:
        source = connection.getsockname()
        connection.sendall(b"hello")
        connection.recv(1)
        headers = [begin for begin in backend.beginnings if begin.startswith(SIGNATURE)]
    # Version 2, PROXY; TCP over IPv4. The node's own handshake for the receipt may have sent one too.
    assert {header[12:14] for header in headers} == {b"\x21\x11"}
    fields = [struct.unpack("!4s4sHH", header[16:28]) for header in headers]
    places = {
        ((str(ipaddress.ip_address(address)), port), (str(ipaddress.ip_address(target)), target_port))
        for address, target, port, target_port in fields
    }
    assert (source, ("127.0.0.1", listener.port)) in places


def test_dead_server_is_marked_and_costs_no_connection(site: Site, backend: Backend) -> None:
    dead = free_port()
    listener = serve(backend.port, dead)
    assert all(round_trip(listener.port) for _ in range(20))
    wait_until(lambda: _health(listener).get(dead) == ServerHealth.State.UNHEALTHY)
    assert _health(listener)[backend.port] == ServerHealth.State.HEALTHY
    reason = ServerHealth.objects.get(listener=listener, server__port=dead).reason
    assert reason in {ServerHealth.Reason.REFUSED, ServerHealth.Reason.TIMEOUT}


def test_answer_of_a_failing_check_is_told(site: Site) -> None:
    with named_server() as server:
        server.code = 503
        listener = serve(server.port)
        services.update_server_group(
            OPERATOR, str(listener.server_group_id), health_check_protocol="HTTP", health_check_path="/health"
        )
        wait_until(lambda: ServerHealth.objects.filter(listener=listener, reason=ServerHealth.Reason.CODE).exists())
        row = ServerHealth.objects.get(listener=listener)
        assert (row.state, row.http_status) == (ServerHealth.State.UNHEALTHY, 503)
        assert "503" in row.told_reason


def test_server_that_comes_back_is_healthy_again(site: Site) -> None:
    port = free_port()
    listener = serve(port)
    wait_until(lambda: _health(listener).get(port) == ServerHealth.State.UNHEALTHY)
    with socket.create_server(("127.0.0.1", port)) as server:
        accepting = threading.Thread(target=_accept_all, args=(server,))
        accepting.start()
        wait_until(lambda: _health(listener).get(port) == ServerHealth.State.HEALTHY)
        server.shutdown(socket.SHUT_RDWR)
        accepting.join()


def test_connections_above_the_limit_are_refused(site: Site, backend: Backend) -> None:
    listener = serve(backend.port, connections_per_second=3)
    accepted = sum(_is_accepted(listener.port) for _ in range(30))
    assert 1 <= accepted < 15
    wait_until(lambda: (status := status_of(listener)) and status.failures.get("connection-limit", 0) > 0)


def _health(listener: Listener) -> dict[int, str]:
    return dict(ServerHealth.objects.filter(listener=listener).values_list("server__port", "state"))


def _accept_all(server: socket.socket) -> None:
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return


def _is_accepted(port: int) -> bool:
    try:
        return round_trip(port)
    except (ssl.SSLError, OSError):
        return False
