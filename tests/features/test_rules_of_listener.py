"""Forwarding rules in rows, and the routes that the engine is sent."""

import pytest
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from listeners.models import ForwardingRule, Listener
from listeners.services.forwarding_rules import create_rules, delete_rules
from tests import factories
from tests.factories import OPERATOR
from tests.features.conftest import Serve, Served

pytestmark = pytest.mark.django_db


@pytest.fixture
def listener() -> Listener:
    return factories.make_listener(product="ALB", protocol="HTTP")


def routes_of(served: Served) -> list[str]:
    routes = RouteConfiguration.FromString(served.compiled.routes[served.compiled.id].payload)
    return [route.name for route in routes.virtual_hosts[0].routes]


def test_rules_are_routes_before_the_default_one(serve: Serve, listener: Listener) -> None:
    group = factories.make_server_group(protocol="HTTP")
    forward = {"type": "ForwardGroup", "groups": [{"server_group_id": group.pk}]}
    rows = create_rules(
        OPERATOR,
        listener.pk,
        [
            {"name": "later", "priority": 9, "conditions": [{"type": "Path", "values": ["/b"]}], "actions": [forward]},
            {"name": "first", "priority": 3, "conditions": [{"type": "Path", "values": ["/a"]}], "actions": [forward]},
        ],
    )
    served = serve(listener)
    assert routes_of(served) == [rows[1].pk, rows[0].pk, "default"]
    assert served.compiled.clusters.keys() == {listener.pk, f"{listener.pk}/{group.pk}"}
    delete_rules(OPERATOR, listener.pk, [row.pk for row in rows])
    served = serve(listener)
    assert routes_of(served) == ["default"]
    assert served.compiled.clusters.keys() == {listener.pk}


def test_rule_that_cannot_be_read_is_left_out_and_named(serve: Serve, listener: Listener) -> None:
    fields = {"listener": listener, "name": "damaged", "created_by": "x", "updated_by": "x"}
    ForwardingRule.objects.create(priority=1, conditions=[{"type": "Moon"}], actions=[], **fields)
    ForwardingRule.objects.create(priority=2, conditions="text", actions=[{}], **fields)
    served = serve(listener)
    assert routes_of(served) == ["default"]
    assert served.problems == ["listener.rule-unreadable"] * 2


def test_rules_of_a_clb_are_routes_in_the_order_of_their_exactness(serve: Serve) -> None:
    listener = factories.make_listener(product="CLB", protocol="HTTP", desired="running")
    group = factories.make_server_group(protocol="HTTP")
    rows = create_rules(
        OPERATOR,
        listener.pk,
        [
            {"name": "any", "url": "/img", "server_group_id": group.pk},
            {"name": "exact", "domain": "a.test", "server_group_id": group.pk},
        ],
    )
    assert routes_of(serve(listener)) == [rows[1].pk, rows[0].pk, "default"]
