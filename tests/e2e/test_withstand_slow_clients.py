"""Clients that open connections and do not go on disturb nobody, and are gone soon."""

from contextlib import ExitStack

from tests.e2e.clients import Load, connect, echo, half_hello, half_open, is_closed
from tests.e2e.conftest import Backend
from tests.e2e.site import Site, serve, status_of
from tests.waiting import wait_until

EACH = 60
GOOD = 80


def test_half_open_half_hello_and_idle_connections_do_not_disturb_good_ones(site: Site, backend: Backend) -> None:
    listener = serve(backend.port)
    load = Load(listener.port)
    with ExitStack() as stack:
        slow = [stack.enter_context(make(listener.port)) for make in (half_open, half_hello) for _ in range(EACH)]
        idle = [stack.enter_context(connect(listener.port)) for _ in range(EACH)]
        for _ in range(GOOD):
            load.once()
        assert (load.succeeded, load.failures) == (GOOD, [])
        wait_until(lambda: all(is_closed(connection) for connection in slow))
        assert all(echo(connection) for connection in idle)
        wait_until(lambda: (found := status_of(listener)) and found.failures == {"handshake-timeout": 2 * EACH})
        # A check of our own may be open at the same moment.
        wait_until(lambda: (found := status_of(listener)) and found.connections_active == EACH)
