"""HTTP and HTTPS listeners from rows, over restarts of the node."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataplane.envoy.names import FILTERS, LISTENER, ROUTES
from listeners import services
from listeners.models import Listener
from tests import factories
from tests.dataplane.backends import HttpBackend, http_backend
from tests.dataplane.envoy import admin, running_engine
from tests.dataplane.http_client import ask
from tests.dataplane.node import running_node
from tests.dataplane.rows import OPERATOR
from tests.waiting import free_port, wait_until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def backend() -> Iterator[HttpBackend]:
    with http_backend() as running:
        yield running


def make(backend: HttpBackend, **fields: object) -> Listener:
    servers = [services.ServerSpec("127.0.0.1", backend.port)]
    balancer = factories.make_load_balancer(product="ALB", edition="Standard")
    group = factories.make_server_group(protocol="HTTP", servers=servers)
    return factories.make_listener(
        load_balancer_id=balancer.pk, server_group_id=group.pk, port=free_port(), protocol="HTTP", **fields
    )


def status(listener: Listener) -> int:
    try:
        return ask(listener.port, "/echo").status
    except OSError:
        return 0


def test_engine_serves_on_without_the_node_and_learns_what_changed_meanwhile(
    directory: Path, backend: HttpBackend
) -> None:
    listener, other = make(backend), make(backend)
    with running_engine(directory):
        with running_node(directory):
            wait_until(lambda: (status(listener), status(other)) == (200, 200))
        assert status(listener) == 200
        services.update_listener(OPERATOR, listener.pk, idle_timeout_seconds=33)
        services.update_listener(OPERATOR, other.pk, request_timeout_seconds=33)
        with running_node(directory) as node:
            wait_until(lambda: {(FILTERS, listener.pk), (ROUTES, other.pk)} <= set(node.taken))
            dump = admin(directory, "/config_dump?include_eds&resource=dynamic_route_configs")
            assert '"idle_timeout": "33s"' in dump
            assert "listener_modified: 0" in admin(directory, "/stats?filter=listener_manager.listener_modified")
            assert (status(listener), status(other)) == (200, 200)


def test_listener_that_is_stopped_and_started_has_its_routes_again(directory: Path, backend: HttpBackend) -> None:
    listener = make(backend)
    with running_node(directory) as node, running_engine(directory):
        wait_until(lambda: status(listener) == 200)
        services.stop_listener(OPERATOR, listener.pk)
        wait_until(lambda: status(listener) == 0)
        services.update_listener(OPERATOR, listener.pk, compression_enabled=False, idle_timeout_seconds=34)
        services.start_listener(OPERATOR, listener.pk)
        wait_until(lambda: status(listener) == 200)
        node.forget_taken()
        assert not node.rejections
        assert set(node.cache.entries(LISTENER)) == {listener.pk}
