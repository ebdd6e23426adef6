"""Whether a Confirm is true: what it says of open connections is what a real engine does to them."""

import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from listeners import services
from listeners.impact import IMPACTS, Severity, impacts_of_fields
from listeners.models import Listener
from tests.e2e.clients import connect, echo, is_closed, round_trip
from tests.e2e.conftest import Backend, backend_running
from tests.e2e.site import OPERATOR, Site, is_settled, serve
from tests.factories import group_of, make_load_balancer, make_server_group
from tests.waiting import wait_until

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


@pytest.fixture(scope="module")
def drain_seconds() -> int:
    """Short, so that a connection which a change ends is seen to end, and one that stays is seen to stay beyond it."""
    return 1


@pytest.fixture
def other_backend() -> Iterator[Backend]:
    """Another real server."""
    with backend_running() as server:
        yield server


def outlives_the_drain_time(connection: ssl.SSLSocket, listener: Listener) -> bool:
    """Tell whether a connection still answers once one that the drain time ends would be gone.

    A connection of a second listener, whose policy is changed now, is the clock: it ends with the drain time.
    """
    clock_listener = serve(int(group_of(listener).servers.all()[0].port))
    with connect(clock_listener.port) as clock:
        assert echo(clock)
        services.update_listener(OPERATOR, clock_listener.pk, idle_timeout_seconds=333)
        wait_until(lambda: is_closed(clock))
    return not is_closed(connection) and echo(connection)


def said_of(field: str) -> Severity:
    """Return what a Confirm says of a change of this field of a listener."""
    (impact,) = impacts_of_fields([field])
    return impact.severity


def test_another_server_group_leaves_open_connections_with_their_server(
    site: Site, backend: Backend, other_backend: Backend
) -> None:
    assert said_of("server_group_id") == Severity.NONE
    listener = serve(backend.port)
    with connect(listener.port) as connection:
        assert echo(connection)
        group = make_server_group(servers=[services.ServerSpec("127.0.0.1", other_backend.port)])
        services.update_listener(OPERATOR, listener.pk, server_group_id=group.pk)
        wait_until(lambda: round_trip(listener.port) and other_backend.connections > 0)
        before = backend.connections
        assert outlives_the_drain_time(connection, Listener.objects.get(pk=listener.pk))
        assert echo(connection, b"still with the server that it began with")
        assert backend.connections == before


def test_other_servers_in_the_group_leave_open_connections_with_their_server(
    site: Site, backend: Backend, other_backend: Backend
) -> None:
    assert IMPACTS["server-group"].severity == Severity.NONE
    listener = serve(backend.port)
    with connect(listener.port) as connection:
        assert echo(connection)
        services.update_server_group(
            OPERATOR, group_of(listener).pk, servers=[services.ServerSpec("127.0.0.1", other_backend.port)]
        )
        wait_until(lambda: round_trip(listener.port) and other_backend.connections > 0)
        assert outlives_the_drain_time(connection, Listener.objects.get(pk=listener.pk))


def test_proxy_protocol_leaves_open_connections_and_tells_servers_of_new_ones(site: Site, backend: Backend) -> None:
    assert said_of("proxy_protocol_enabled") == Severity.NONE
    listener = serve(backend.port)
    with connect(listener.port) as connection:
        assert echo(connection)
        services.update_listener(OPERATOR, listener.pk, proxy_protocol_enabled=True)
        wait_until(lambda: _begins_with_signature(listener, backend))
        assert outlives_the_drain_time(connection, Listener.objects.get(pk=listener.pk))


def _begins_with_signature(listener: Listener, backend: Backend) -> bool:
    """Tell whether the server of a new connection is told the client's address first."""
    with connect(listener.port) as connection:
        connection.sendall(b"hello")
        connection.recv(1)
    return backend.beginnings[-1].startswith(SIGNATURE)


@pytest.mark.parametrize(
    ("field", "value"),
    [("idle_timeout_seconds", 60), ("security_policy", "tls_cipher_policy_1_2"), ("alpn_policy", "HTTP1Only")],
)
def test_what_is_said_to_end_open_connections_ends_them(site: Site, backend: Backend, field: str, value: Any) -> None:
    assert said_of(field) == Severity.ALL_END
    listener = serve(backend.port)
    with connect(listener.port) as connection:
        assert echo(connection)
        change: dict[str, Any] = {field: value}
        services.update_listener(OPERATOR, listener.pk, **change)
        wait_until(lambda: is_closed(connection))
        wait_until(lambda: is_settled(listener))
        assert round_trip(listener.port)


def test_another_address_ends_open_connections(site: Site, backend: Backend) -> None:
    assert said_of("bind_address") == Severity.ALL_END
    balancer = make_load_balancer()
    listener = serve(backend.port, load_balancer_id=balancer.pk)
    with connect(listener.port) as connection:
        assert echo(connection)
        services.update_load_balancer(OPERATOR, balancer.pk, bind_address="127.0.0.9")
        wait_until(lambda: is_closed(connection))
