"""Lists cost the same number of queries at any size, and find their rows by an index."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listeners import selectors
from listeners.models import Binding, Listener, LoadBalancer, Server, ServerGroup
from tests import factories
from tests.listeners.conftest import Call

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}


@pytest.fixture
def many_listeners() -> str:
    """Store 2,000 listeners on 40 load balancers; return the id of one."""
    certificate = factories.make_server_certificate("a.test")
    groups = ServerGroup.objects.bulk_create(ServerGroup(name=f"many-{number}") for number in range(100))
    Server.objects.bulk_create(Server(group=group, address="192.0.2.1", port=80) for group in groups)
    balancers = LoadBalancer.objects.bulk_create(
        LoadBalancer(name=f"many-{number}", region="r", bind_address=f"127.1.0.{number}") for number in range(40)
    )
    listeners = Listener.objects.bulk_create(
        Listener(
            load_balancer=balancers[n % 40],
            server_group=groups[n % 100],
            port=n + 1,
            name=f"many-{n}",
            security_policy="tls_cipher_policy_1_2",
        )
        for n in range(2000)
    )
    Binding.objects.bulk_create(
        Binding(listener=listener, certificate=certificate, role="default") for listener in listeners
    )
    return listeners[0].pk


def test_a_list_takes_few_queries_at_any_length(rest: Call, many_listeners: str) -> None:
    paths = ("/listeners?", "/listeners?q=many&", "/load-balancers?", "/server-groups?")
    for path in ("/quotas", *(f"{path}limit={limit}" for path in paths for limit in (1, 500))):
        with CaptureQueriesContext(connection) as queries:
            answer = rest("GET", path)
        assert answer.status_code == 200, path
        assert len(queries) <= MOST_QUERIES, path


def test_one_listener_takes_few_queries(rest: Call, many_listeners: str) -> None:
    for path in (
        "",
        "/certificates",
        "/status",
        "/receipts",
        "/server-health",
        "/certificates/match?server_name=a.test",
    ):
        with CaptureQueriesContext(connection) as queries:
            assert rest("GET", f"/listeners/{many_listeners}{path}").status_code == 200
        assert len(queries) <= MOST_QUERIES


def _plan(read: Callable[[], object]) -> list[str]:
    """Return the steps of the plan for the first query of ``read``."""
    with CaptureQueriesContext(connection) as queries:
        read()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Tables of this size are read whole, unless there is an index and a reason to take it.
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{EXPLAIN[connection.vendor]} {queries[0]['sql']}")
        return [str(row[-1]).strip() for row in cursor.fetchall()]


def test_pages_and_port_checks_use_indexes(many_listeners: str) -> None:
    balancer = Listener.objects.get(pk=many_listeners).load_balancer_id
    reads: list[Callable[[], object]] = [
        selectors.listeners,
        lambda: selectors.listeners(selectors.ListenerFilter(balancer)),
        selectors.load_balancers,
        selectors.server_groups,
        lambda: list(Listener.objects.filter(port__in=[443])),
        lambda: list(Server.objects.filter(address__in=["192.0.2.1"])),
    ]
    for read in reads:
        plan = _plan(read)
        assert plan
        assert not any(_reads_a_whole_table(step) for step in plan), plan


def _reads_a_whole_table(step: str) -> bool:
    return "Seq Scan" in step or (step.startswith("SCAN") and "USING" not in step)
