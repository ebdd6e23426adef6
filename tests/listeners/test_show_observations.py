"""How listeners are, by what the nodes observed."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from listeners import selectors, services
from listeners.models import Listener, ListenerStatus, NodeStatus, ServedReceipt, ServerHealth
from listeners.problem_words import WORDS, message_of
from listeners.states import State, state_of
from tests import factories
from tests.factories import OPERATOR, group_of
from tests.listeners.conftest import Call


def observe(listener: Listener, state: str, node: str = "one", seconds_ago: int = 0) -> ListenerStatus:
    seen = timezone.now() - timedelta(seconds=seconds_ago)
    NodeStatus.objects.update_or_create(node=node, defaults={"pid": 1, "started_at": seen, "seen_at": seen})
    return ListenerStatus.objects.create(
        listener=listener, node=node, state=state, handshakes=7, failures={"no shared cipher": 2}, connections_active=3
    )


@pytest.mark.parametrize(
    ("desired", "observed", "state"),
    [
        ("running", [], State.PENDING),
        ("running", ["pending"], State.PENDING),
        ("running", ["running"], State.RUNNING),
        ("running", ["blocked"], State.BLOCKED),
        ("running", ["blocked", "running"], State.RUNNING),
        ("running", ["running", "rejected"], State.REJECTED),
        ("running", ["stopped"], State.PENDING),
        ("stopped", ["running"], State.STOPPING),
        ("stopped", ["stopped"], State.STOPPED),
        ("stopped", [], State.STOPPED),
    ],
)
def test_one_word_says_how_a_listener_is(desired: str, observed: list[str], state: State) -> None:
    assert state_of(desired, observed) is state
    assert state.colour


@pytest.mark.django_db
def test_only_nodes_that_are_there_count() -> None:
    listener = factories.make_listener()
    observe(listener, "running", seconds_ago=60)
    assert selectors.listener_by_id(listener.pk).state is State.PENDING
    observe(listener, "running", node="two")
    assert selectors.listener_by_id(listener.pk).state is State.RUNNING
    assert Listener.objects.get(pk=listener.pk).state is State.RUNNING
    assert [node.is_live for node in selectors.nodes()] == [False, True]


@pytest.mark.django_db
def test_open_connections_are_told_before_a_deletion() -> None:
    listener = factories.make_listener()
    observe(listener, "running")
    assert selectors.listener_deletion(listener).open_connections == 3
    assert not selectors.listener_deletion(listener).is_refused
    assert selectors.load_balancer_deletion(listener.load_balancer).open_connections == 3
    assert selectors.server_group_deletion(group_of(listener)).is_refused


@pytest.mark.django_db
def test_status_receipts_health_and_nodes_are_shown_over_rest(rest: Call) -> None:
    listener = factories.make_listener()
    observe(listener, "running")
    server = group_of(listener).servers.get()
    now = timezone.now()
    ServerHealth.objects.create(
        server=server, listener=listener, node="one", state="unhealthy", reason="connect timeout", since=now
    )
    for number in range(3):
        ServedReceipt.objects.create(
            listener=listener, node="one", server_name=f"{number}.test", expected_sha256="a", is_expected=False, at=now
        )
    path = f"/listeners/{listener.pk}"
    status = rest("GET", f"{path}/status").json()
    assert (status["state"], status["nodes"][0]["failures"]) == ("running", {"no shared cipher": 2})
    receipts = rest("GET", f"{path}/receipts?limit=2").json()
    assert [receipt["server_name"] for receipt in receipts["items"]] == ["2.test", "1.test"]
    assert (
        rest("GET", f"{path}/receipts?cursor={receipts['next_cursor']}").json()["items"][0]["server_name"] == "0.test"
    )
    (health,) = rest("GET", f"{path}/server-health").json()["items"]
    assert (health["address"], health["state"], health["reason"]) == ("127.0.0.1", "unhealthy", "connect timeout")
    (node,) = rest("GET", "/nodes").json()["items"]
    assert node["is_live"]
    group = rest("GET", f"/server-groups/{listener.server_group_id}").json()
    assert group["servers"][0]["health"][0]["reason"] == "connect timeout"
    for absent in ("status", "receipts", "server-health"):
        assert rest("GET", f"/listeners/absent/{absent}").status_code == 404


@pytest.mark.django_db
def test_changes_are_told_newest_first() -> None:
    listener = factories.make_listener()
    services.stop_listener(OPERATOR, listener.pk)
    services.update_server_group(OPERATOR, group_of(listener).pk, scheduler="rr")
    services.update_load_balancer(OPERATOR, listener.load_balancer_id, name="edge")
    kinds = [change.kind for change in selectors.changes_of_listener(listener)]
    assert kinds == ["listener.stopped", "listener.created"]
    of_balancer = [change.kind for change in selectors.changes_of_load_balancer(listener.load_balancer)]
    assert of_balancer == ["load_balancer.updated", "listener.stopped", "listener.created", "load_balancer.created"]
    of_group = [change.kind for change in selectors.changes_of_server_group(group_of(listener))]
    assert of_group == ["server_group.updated", "server_group.created"]
    assert selectors.listeners_of_server_group(group_of(listener), 50) == [listener]


@pytest.mark.django_db
def test_a_group_shows_of_each_server_the_worst_that_a_node_saw_through_any_listener() -> None:
    group = factories.make_server_group()
    server = group.servers.get()
    listeners = [factories.make_listener(server_group_id=group.pk) for _ in range(3)]
    for listener, state in zip(listeners, ("healthy", "unhealthy", "unknown"), strict=True):
        for node in ("one", "two"):
            ServerHealth.objects.create(server=server, listener=listener, node=node, state=state, since=timezone.now())
    (shown,) = selectors.server_group_by_id(group.pk).servers.all()
    assert [(row.node, row.state) for row in shown.health.all()] == [("one", "unhealthy"), ("two", "unhealthy")]
    assert len(selectors.server_health_of(listeners[0])) == 2


def test_a_problem_is_told_with_its_parameters_and_an_older_one_as_it_was_stored() -> None:
    problem = {"code": "server_group.no-servers", "parameters": {"name": "web"}, "message": "as logged"}
    older = {"code": "server_group.no-servers", "message": "as it was stored"}
    told = ListenerStatus(problems=[problem, older]).told_problems
    assert told[0]["message"].startswith("Server group “web” has no server")
    assert told[1]["message"] == "as it was stored"


@pytest.mark.parametrize("code", WORDS)
def test_the_words_of_a_problem_take_its_parameters(code: str) -> None:
    parameters = dict.fromkeys(re.findall(r"%\((\w+)\)s", WORDS[code]), "x")
    assert "%" not in message_of(code, parameters)
