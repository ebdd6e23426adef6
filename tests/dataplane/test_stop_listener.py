"""What becomes of connections that are open when their listener is stopped."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.dataplane.backends import http_backend
from tests.dataplane.http_client import ask, is_turned_away, open_connection
from tests.dataplane.site import Site, running_site
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """An engine that drains for longer than a test lasts."""
    with running_site(drain_seconds=60) as running:
        yield running


def test_requests_on_open_connections_are_answered_while_their_listener_drains(site: Site) -> None:
    with http_backend() as backend:
        listener = site.add(backend.port, protocol="HTTP")
        with contextlib.closing(open_connection(listener.port)) as connection:
            assert ask(listener.port, "/echo", connection=connection).status == 200
            client = connection.sock.getsockname()
            site.remove(listener)
            wait_until(lambda: is_turned_away(listener.port))
            assert connection.sock.getsockname() == client
            assert ask(listener.port, "/echo", connection=connection).status == 200


def test_listener_that_starts_again_while_it_drains_is_served_by_what_it_has(site: Site) -> None:
    with http_backend() as backend:
        listener = site.add(backend.port, protocol="HTTP")
        before = site.snapshot
        site.remove(listener)
        wait_until(lambda: is_turned_away(listener.port))
        site.serve(before)
        wait_until(lambda: not is_turned_away(listener.port))
        assert ask(listener.port, "/echo").status == 200
