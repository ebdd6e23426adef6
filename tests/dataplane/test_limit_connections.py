"""The limit of new connections per second, with the real engine."""

from pathlib import Path

import pytest

from listeners import services
from tests.certs import make_leaf
from tests.dataplane.conftest import Backend
from tests.dataplane.envoy import running_engine, served
from tests.dataplane.node import running_node
from tests.dataplane.rows import OPERATOR, make_listener
from tests.waiting import free_port, wait_until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
TRIES = 60


def accepted(port: int) -> int:
    """Return how many of several connections in a row, spread over two filter chains, were served."""
    return sum(bool(served(port, name)) for name in ("a.test", "other.test") * (TRIES // 2))


def test_limit_holds_for_all_chains_together_and_follows_its_changes(directory: Path, backend: Backend) -> None:
    port = free_port()
    listener = make_listener(None, make_leaf("a.test"), port=port, servers=[backend.spec], connections_per_second=1)
    with running_node(directory) as node, running_engine(directory):
        wait_until(lambda: served(port, "a.test"))
        assert accepted(port) < TRIES / 2
        wait_until(lambda: any(entry.flags == ("rate_limited",) for _, entry in node.connections))
        services.update_listener(OPERATOR, listener.pk, connections_per_second=100_000)
        wait_until(lambda: accepted(port) == TRIES)
        services.update_listener(OPERATOR, listener.pk, connections_per_second=1)
        wait_until(lambda: accepted(port) < TRIES / 2)
        services.update_listener(OPERATOR, listener.pk, connections_per_second=0)
        wait_until(lambda: accepted(port) == TRIES)
