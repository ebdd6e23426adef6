"""Forwarding rules over REST."""

from typing import Any

import pytest

from listeners.models import Listener
from tests import factories
from tests.listeners.conftest import Call

pytestmark = pytest.mark.django_db


@pytest.fixture
def listener() -> Listener:
    return factories.make_listener(product="ALB", protocol="HTTP")


def rule(path: str = "/a", **more: Any) -> dict[str, Any]:
    gone = {"type": "FixedResponse", "code": 410}
    return {"name": f"rule {path}", "conditions": [{"type": "Path", "values": [path]}], "actions": [gone], **more}


def url(listener: Listener, rest: str = "") -> str:
    return f"/listeners/{listener.pk}/rules{rest}"


def test_rules_are_created_shown_changed_ordered_and_deleted(rest: Call, listener: Listener) -> None:
    answer = rest("POST", url(listener), {"rules": [rule("/a"), rule("/b")]}, If_Match='"1"')
    assert answer.status_code == 201
    first, second = [item["id"] for item in answer.json()["items"]]
    shown = rest("GET", url(listener)).json()
    assert [item["priority"] for item in shown["items"]] == [1, 2]
    assert shown["default_rule"] == {"server_group_id": listener.server_group_id, "redirect_port": None}
    one = rest("PATCH", url(listener, f"/{first}"), {"priority": 9}, If_Match='"1"')
    assert (one.status_code, one["ETag"], one.json()["priority"]) == (200, '"2"', 9)
    ordered = rest("PUT", url(listener, "/order"), {"rule_ids": [first, second]})
    assert [item["id"] for item in ordered.json()["items"]] == [first, second]
    both = {"rules": [{"id": first, "name": "one"}, {"id": second, "name": "two"}]}
    assert [item["name"] for item in rest("PATCH", url(listener), both).json()["items"]] == ["one", "two"]
    assert rest("DELETE", url(listener, f"/{first}")).status_code == 204
    assert rest("POST", url(listener, "/deletion"), {"rule_ids": [second]}).status_code == 204
    assert rest("GET", url(listener)).json()["items"] == []


def test_refusal_names_the_rule_and_the_value(rest: Call, listener: Listener) -> None:
    bad = rule("/b", conditions=[{"type": "Path", "values": ["/ok", "~(?=x)"]}])
    answer = rest("POST", url(listener), {"rules": [rule(), bad]})
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["code"], problem["field"]) == ("rule.regex-invalid", "rules.1.conditions.0.values.1")
    assert "RE2" in problem["way_out"]


@pytest.mark.parametrize(
    "body",
    [
        {"rules": [{"conditions": []}]},
        {"rules": [{"name": "x", "unknown": 1}]},
        {"rules": [{"name": "xx", "conditions": ["text"], "actions": []}]},
        {"rules": [{"name": "xx", "conditions": [{"type": "Moon", "values": []}], "actions": []}]},
        {"rules": [{"name": "xx", "conditions": [{"type": "Path", "values": "/a"}], "actions": []}]},
        {"rules": [{"name": "xx", "conditions": [{"type": "Path"}], "actions": []}]},
        {"rules": [{"name": "xx", "conditions": [{"type": "Path", "values": ["/a"], "more": 1}], "actions": []}]},
        {"rules": [{"name": "xx", "priority": 0.5}]},
        {"rules": []},
    ],
)
def test_bad_bodies_are_refused(rest: Call, listener: Listener, body: Any) -> None:
    assert rest("POST", url(listener), body).status_code == 422


def test_unreachable_rule_is_warned_of(rest: Call, listener: Listener) -> None:
    answer = rest("POST", url(listener), {"rules": [rule("/a*"), rule("/ab")]})
    assert [warning["code"] for warning in answer.json()["warnings"]] == ["rule.unreachable"]


def test_stale_and_absent_rules_are_refused(rest: Call, listener: Listener) -> None:
    (made,) = rest("POST", url(listener), {"rules": [rule()]}).json()["items"]
    assert rest("POST", url(listener), {"rules": [rule("/b")]}, If_Match='"1"').status_code == 412
    assert rest("DELETE", url(listener, f"/{made['id']}"), If_Match='"8"').status_code == 412
    assert rest("GET", url(listener, "/rule-none")).status_code == 404


def test_request_is_tried_without_sending_it(rest: Call, listener: Listener) -> None:
    group = factories.make_server_group(protocol="HTTP")
    forward = {
        "type": "ForwardGroup",
        "groups": [
            {"server_group_id": group.pk, "weight": 75},
            {"server_group_id": listener.server_group_id, "weight": 25},
        ],
    }
    limit = {"type": "TrafficLimit", "qps": 9, "per_ip_qps": 3}
    header = {"type": "InsertHeader", "key": "X-From", "value_type": "SystemDefined", "value": "ClientSrcIp"}
    hide = rule("/*", direction="Response", actions=[{"type": "RemoveHeader", "key": "Server"}])
    rest("POST", url(listener), {"rules": [rule("/a*", actions=[limit, header, forward]), hide]})
    body = {
        "url": "https://a.test/a/../ab?x=1",
        "source_ip": "2001:db8::1",
        "cookies": [{"name": "k", "value": "v"}],
        "answer": {"status": 204, "headers": [{"name": "Server", "value": "x"}, {"name": "X-A", "value": "b"}]},
    }
    tried = rest("POST", url(listener, "/trial"), body).json()
    assert (tried["rule_name"], tried["action"]) == ("rule /a*", "ForwardGroup")
    assert [share["percent"] for share in tried["groups"]] == [75, 25]
    assert tried["sent"]["target"] == "/ab?x=1"
    assert {"name": "X-From", "value": "2001:db8::1"} in tried["sent"]["headers"]
    assert (tried["requests_per_second"], tried["requests_per_second_of_one_address"]) == (9, 3)
    assert tried["answer"]["headers"] == [{"name": "X-A", "value": "b"}]
    default = rest("POST", url(listener, "/trial"), {"url": "a.test"}).json()
    assert (default["rule_id"], default["groups"][0]["server_group_id"]) == (None, listener.server_group_id)
    for impossible in ("http://[/", "ftp://a.test/", "http:///", "http://a.test:99999/", "http://a.test/" + "a" * 8192):
        assert rest("POST", url(listener, "/trial"), {"url": impossible}).json()["code"] == "trial.url-invalid"


def test_rules_of_a_clb_are_a_domain_and_a_url(rest: Call) -> None:
    listener = factories.make_listener(product="CLB", protocol="HTTP")
    group = factories.make_server_group(protocol="HTTP")
    classic = {"name": "pictures", "domain": "*.a.test", "url": "/img", "server_group_id": group.pk}
    (made,) = rest("POST", url(listener), {"rules": [classic]}).json()["items"]
    assert made["conditions"][1] == {"type": "Path", "values": ["/img*"]}
    assert rest("POST", url(listener), {"rules": [rule()]}).status_code == 422
