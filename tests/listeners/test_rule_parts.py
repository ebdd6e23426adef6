"""The parts of forwarding rules, without a database: every range, every pair that does not go together."""

from typing import Any

import pytest

from console.errors import ConflictError, DomainError, InvalidInputError
from listeners.forwarding.actions import ACTIONS
from listeners.forwarding.conditions import CONDITIONS
from listeners.forwarding.legality import Allowed, check_rule
from listeners.forwarding.rule import Rule, as_json, read_actions, read_conditions, stored_rule

FORWARD = {"type": "ForwardGroup", "groups": [{"server_group_id": "sgp-1"}]}
FIXED = {"type": "FixedResponse", "code": 503}
PATH = {"type": "Path", "values": ["/a"]}
ALL = Allowed(
    edition="ALB (Standard)",
    protocol="HTTPS",
    conditions=frozenset(CONDITIONS),
    actions=frozenset(ACTIONS),
    response_rules=True,
    limits={"actions": ("q_actions", 5), "conditions": ("q_conditions", 10), "wildcards": ("q_wildcards", 10)},
)


def condition(kind: str, **fields: Any) -> None:
    read_conditions([{"type": kind, **fields}])


def action(kind: str, direction: str = "Request", **fields: Any) -> None:
    read_actions([{"type": kind, **fields}], direction)


def make_rule(
    conditions: Any = (PATH,),
    actions: Any = (FIXED,),
    direction: str = "Request",
    name: str = "rule",
    priority: int = 1,
) -> Rule:
    return Rule("r", name, priority, direction, read_conditions(conditions), read_actions(actions, direction))


def code_of(caught: "pytest.ExceptionInfo[DomainError]") -> str:
    assert caught.value.message
    assert caught.value.way_out
    return caught.value.code


NETWORKS = [f"10.{n}.0.0/16" for n in range(6)]
GOOD_CONDITIONS: list[tuple[str, dict[str, Any]]] = [
    ("Host", {"values": ["a.b"]}),
    ("Host", {"values": ["a" * 128]}),
    ("Host", {"values": ["*.a.test", "?.b", "~^(a|b)$"]}),
    ("Host", {"values": [f"h{n}.test" for n in range(50)]}),
    ("Path", {"values": ["/"]}),
    ("Path", {"values": ["/" + "a" * 127]}),
    ("Path", {"values": ["~^/a+$"]}),
    ("Header", {"key": "k" * 40, "values": ["v" * 128]}),
    ("QueryString", {"pairs": [{"key": "k" * 100, "value": "v" * 128}]}),
    ("Method", {"values": ["HEAD", "GET", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]}),
    ("Cookie", {"pairs": [{"key": "k" * 100, "value": "v" * 100}]}),
    ("SourceIp", {"values": NETWORKS[:5]}),
    ("SourceIp", {"values": ["192.0.2.1", "2001:db8::/32"]}),
    ("ResponseStatusCode", {"values": ["100", "200-233", "599"]}),
    ("ResponseHeader", {"key": "x_y", "values": ["*"]}),
]
BAD_CONDITIONS: list[tuple[str, dict[str, Any], str]] = [
    ("Host", {"values": ["ab"]}, "rule.text-invalid"),
    ("Host", {"values": ["a" * 129]}, "rule.text-invalid"),
    ("Host", {"values": [f"h{n}.test" for n in range(51)]}, "rule.count-invalid"),
    ("Host", {"values": []}, "rule.count-invalid"),
    ("Host", {"values": ["a.test", "a.test"]}, "rule.value-twice"),
    ("Host", {"values": ["a.test:80"]}, "rule.characters-invalid"),
    ("Host", {"values": ["bücher.test"]}, "rule.text-invalid"),
    ("Path", {"values": ["a"]}, "rule.path-invalid"),
    ("Path", {"values": [""]}, "rule.text-invalid"),
    ("Path", {"values": ["/" + "a" * 128]}, "rule.text-invalid"),
    ("Path", {"values": ["/a b"]}, "rule.characters-invalid"),
    ("Path", {"values": ["/a#b"]}, "rule.characters-invalid"),
    ("Path", {"values": ["~(?=a)"]}, "rule.regex-invalid"),
    ("Path", {"values": ["~(a)\\1"]}, "rule.regex-invalid"),
    ("Path", {"values": ["~a{1001}"]}, "rule.regex-invalid"),
    ("Path", {"values": ["~((a{100}){100}){100}"]}, "rule.regex-invalid"),
    ("Path", {"values": ["~\\p{L}{50}"]}, "rule.regex-too-large"),
    ("Path", {"values": ["~a\\Qb"]}, "rule.regex-invalid"),
    ("Path", {"values": [f"~\\p{{L}}{{7}}{n}" for n in range(15)]}, "rule.condition-too-large"),
    ("Header", {"key": "Cookie", "values": ["a"]}, "rule.header-key-forbidden"),
    ("Header", {"key": "host", "values": ["a"]}, "rule.header-key-forbidden"),
    ("Header", {"key": "k" * 41, "values": ["a"]}, "rule.header-key-invalid"),
    ("Header", {"key": "a b", "values": ["a"]}, "rule.header-key-invalid"),
    ("Header", {"key": "a_b", "values": ["a"]}, "rule.header-key-dropped"),
    ("Header", {"key": "a", "values": ["v" * 129]}, "rule.text-invalid"),
    ("Header", {"key": "a", "values": [" a"]}, "rule.text-invalid"),
    ("QueryString", {"pairs": [{"key": "k" * 101, "value": "v"}]}, "rule.text-invalid"),
    ("QueryString", {"pairs": [{"key": "k", "value": "v" * 129}]}, "rule.text-invalid"),
    ("QueryString", {"pairs": [{"key": "k"}]}, "rule.field-missing"),
    ("Method", {"values": ["TRACE"]}, "rule.choice-invalid"),
    ("Method", {"values": ["get"]}, "rule.choice-invalid"),
    ("Cookie", {"pairs": [{"key": "k" * 101, "value": "v"}]}, "rule.text-invalid"),
    ("Cookie", {"pairs": [{"key": "k", "value": "v" * 101}]}, "rule.text-invalid"),
    ("Cookie", {"pairs": [{"key": "a=b", "value": "v"}]}, "rule.characters-invalid"),
    ("Cookie", {"pairs": [{"key": "a", "value": "v;w"}]}, "rule.characters-invalid"),
    ("SourceIp", {"values": NETWORKS}, "rule.count-invalid"),
    ("SourceIp", {"values": ["0.0.0.0/0"]}, "rule.network-too-wide"),
    ("SourceIp", {"values": ["0.0.0.0/8"]}, "rule.network-too-wide"),
    ("SourceIp", {"values": ["::/0"]}, "rule.network-too-wide"),
    ("SourceIp", {"values": ["10.0.0.0/33"]}, "rule.network-invalid"),
    ("SourceIp", {"values": ["a.test"]}, "rule.network-invalid"),
    ("ResponseStatusCode", {"values": ["99"]}, "rule.status-invalid"),
    ("ResponseStatusCode", {"values": ["600"]}, "rule.status-invalid"),
    ("ResponseStatusCode", {"values": ["300-200"]}, "rule.status-invalid"),
    ("Moon", {}, "rule.choice-invalid"),
    ("Path", {"values": "/a"}, "rule.type-invalid"),
    ("Path", {"values": [1]}, "rule.type-invalid"),
    ("Path", {"values": ["/a"], "extra": 1}, "rule.field-unknown"),
    ("Path", {}, "rule.field-missing"),
]
GOOD_ACTIONS: list[tuple[str, dict[str, Any]]] = [
    ("ForwardGroup", {"groups": [{"server_group_id": "a", "weight": 0}, {"server_group_id": "b", "weight": 100}]}),
    ("ForwardGroup", {**FORWARD, "sticky": True, "sticky_seconds": 86_400}),
    ("Redirect", {"protocol": "HTTPS"}),
    ("Redirect", {"port": "63335", "code": 308}),
    ("Redirect", {"path": "/x${path}", "query": "a=1"}),
    ("FixedResponse", {"code": 299, "content": "a" * 1024}),
    ("FixedResponse", {"code": 400, "content_type": "application/json", "content": "{}\n"}),
    ("Rewrite", {"host": "a.test"}),
    ("Rewrite", {"path": "/${1}/${9}"}),
    ("Rewrite", {"query": ""}),
    ("InsertHeader", {"key": "X-A", "value": "v" * 128}),
    ("InsertHeader", {"key": "X-A", "value_type": "SystemDefined", "value": "SLBId"}),
    ("TrafficLimit", {"qps": 1_000_000, "per_ip_qps": 999_999}),
    ("TrafficLimit", {"per_ip_qps": 1}),
    ("Cors", {"allow_origin": ["*"], "max_age": -1}),
    ("Cors", {"allow_origin": ["http://*.a.test:8080"], "allow_methods": ["*"], "allow_credentials": True}),
]
BAD_ACTIONS: list[tuple[str, dict[str, Any], str]] = [
    ("ForwardGroup", {"groups": []}, "rule.count-invalid"),
    ("ForwardGroup", {"groups": [{"server_group_id": str(n)} for n in range(6)]}, "rule.count-invalid"),
    ("ForwardGroup", {"groups": [{"server_group_id": "a"}, {"server_group_id": "a"}]}, "rule.value-twice"),
    ("ForwardGroup", {"groups": [{"server_group_id": "a", "weight": 101}]}, "rule.number-invalid"),
    ("ForwardGroup", {"groups": [{"server_group_id": "a", "weight": -1}]}, "rule.number-invalid"),
    ("ForwardGroup", {"groups": [{"server_group_id": "a", "weight": 0}]}, "rule.no-weight"),
    ("ForwardGroup", {"groups": [{"server_group_id": "a", "weight": True}]}, "rule.type-invalid"),
    ("ForwardGroup", {**FORWARD, "sticky_seconds": 0}, "rule.number-invalid"),
    ("ForwardGroup", {**FORWARD, "sticky_seconds": 86_401}, "rule.number-invalid"),
    ("Redirect", {}, "rule.redirect-to-itself"),
    ("Redirect", {"code": 302}, "rule.redirect-to-itself"),
    ("Redirect", {"host": "a.test", "code": 300}, "rule.choice-invalid"),
    ("Redirect", {"port": "0"}, "rule.port-invalid"),
    ("Redirect", {"port": "63336"}, "rule.port-invalid"),
    ("Redirect", {"port": "http"}, "rule.port-invalid"),
    ("Redirect", {"port": "1" * 5000}, "rule.port-invalid"),
    ("Redirect", {"host": "www.${host}"}, "rule.host-invalid"),
    ("Redirect", {"path": "x"}, "rule.path-invalid"),
    ("Redirect", {"path": "/${host}"}, "rule.path-invalid"),
    ("Redirect", {"path": "/" + "a" * 128}, "rule.path-invalid"),
    ("Redirect", {"query": "a=${1}"}, "rule.query-invalid"),
    ("FixedResponse", {"code": 301}, "rule.status-invalid"),
    ("FixedResponse", {"code": 600}, "rule.status-invalid"),
    ("FixedResponse", {"code": 200, "content": "a" * 1025}, "rule.content-invalid"),
    ("FixedResponse", {"code": 200, "content": "ü"}, "rule.content-invalid"),
    ("FixedResponse", {"code": 200, "content_type": "image/png"}, "rule.choice-invalid"),
    ("Rewrite", {}, "rule.rewrite-nothing"),
    ("InsertHeader", {"key": "X-Forwarded-For", "value": "a"}, "rule.header-key-forbidden"),
    ("InsertHeader", {"key": "cookie", "value": "a"}, "rule.header-key-forbidden"),
    ("InsertHeader", {"key": "X-A", "value": ""}, "rule.text-invalid"),
    ("InsertHeader", {"key": "X-A", "value": "v" * 129}, "rule.text-invalid"),
    ("InsertHeader", {"key": "X-A", "value": "a\r\nb"}, "rule.text-invalid"),
    ("InsertHeader", {"key": "X-A", "value_type": "SystemDefined", "value": "Moon"}, "rule.choice-invalid"),
    ("InsertHeader", {"key": "X-A", "value_type": "ReferenceHeader", "value": "%b%"}, "rule.header-key-invalid"),
    ("RemoveHeader", {"key": "te"}, "rule.header-key-forbidden"),
    ("TrafficLimit", {}, "rule.limit-nothing"),
    ("TrafficLimit", {"qps": 1_000_001}, "rule.number-invalid"),
    ("TrafficLimit", {"qps": 5, "per_ip_qps": 5}, "rule.limit-per-address-too-high"),
    ("TrafficMirror", {"server_group_id": ""}, "rule.mirror-empty"),
    ("Cors", {"allow_origin": []}, "rule.count-invalid"),
    ("Cors", {"allow_origin": ["a.test"]}, "rule.value-invalid"),
    ("Cors", {"allow_origin": ["*"], "max_age": 172_801}, "rule.number-invalid"),
    ("Cors", {"allow_origin": ["*"], "allow_credentials": True}, "rule.cors-credentials"),
    ("Cors", {"allow_origin": ["*"], "allow_methods": ["MOVE"]}, "rule.choice-invalid"),
]


@pytest.mark.parametrize(("kind", "fields"), GOOD_CONDITIONS)
def test_condition_within_its_ranges_is_read_and_written_back(kind: str, fields: dict[str, Any]) -> None:
    found = read_conditions([{"type": kind, **fields}])
    assert as_json(found) == [{"type": kind, **fields}]


@pytest.mark.parametrize(("kind", "fields", "code"), BAD_CONDITIONS)
def test_condition_outside_its_ranges_is_refused(kind: str, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        condition(kind, **fields)
    assert code_of(caught) == code


@pytest.mark.parametrize(("kind", "fields"), GOOD_ACTIONS)
def test_action_within_its_ranges_survives_being_stored(kind: str, fields: dict[str, Any]) -> None:
    found = read_actions([{**fields, "type": kind}], "Request")
    assert stored_rule("r", "n", 1, "Request", [], as_json(found)).actions == found


@pytest.mark.parametrize(("kind", "fields", "code"), BAD_ACTIONS)
def test_action_outside_its_ranges_is_refused(kind: str, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_actions([{**fields, "type": kind}], "Request")
    assert code_of(caught) == code


def test_headers_of_answers_have_keys_of_their_own() -> None:
    action("RemoveHeader", "Response", key="x-forwarded-for")
    for kind, more in (("RemoveHeader", {}), ("InsertHeader", {"value": "a"})):
        with pytest.raises(InvalidInputError):
            action(kind, "Response", key="Content-Length", **more)
    with pytest.raises(InvalidInputError):
        action("InsertHeader", "Response", key="x-a", value_type="ReferenceHeader", value="x-b")


MIRROR = {"type": "TrafficMirror", "server_group_id": "sgp-2"}
LIMIT = {"type": "TrafficLimit", "qps": 1}
CAPTURE = {"type": "Rewrite", "path": "/${2}"}
REMOVE = {"type": "RemoveHeader", "key": "x-a"}
ANSWER = {"type": "ResponseStatusCode", "values": ["500"]}
TOGETHER: list[tuple[dict[str, Any], str]] = [
    ({"conditions": []}, "rule.no-condition"),
    ({"conditions": [PATH, PATH]}, "rule.condition-twice"),
    ({"conditions": [ANSWER]}, "rule.condition-of-answers"),
    ({"actions": []}, "rule.final-action"),
    ({"actions": [REMOVE]}, "rule.final-action"),
    ({"actions": [FIXED, FORWARD]}, "rule.final-action"),
    ({"actions": [FORWARD, REMOVE]}, "rule.final-action-last"),
    ({"actions": [LIMIT, LIMIT, FORWARD]}, "rule.action-twice"),
    ({"actions": [LIMIT, FIXED]}, "rule.action-needs-forward"),
    ({"actions": [MIRROR, FIXED]}, "rule.action-needs-forward"),
    ({"actions": [{"type": "TrafficMirror", "server_group_id": "sgp-1"}, FORWARD]}, "rule.mirror-same-group"),
    ({"actions": [{"type": "Redirect", "protocol": "HTTP"}]}, "rule.redirect-insecure"),
    ({"actions": [CAPTURE, FORWARD]}, "rule.capture-unknown"),
    ({"conditions": [{"type": "Path", "values": ["~/(a)"]}], "actions": [CAPTURE, FORWARD]}, "rule.capture-unknown"),
    ({"direction": "Response", "actions": [FORWARD]}, "rule.action-of-requests"),
    ({"direction": "Response", "actions": []}, "rule.final-action"),
    ({"direction": "Response", "conditions": [{"type": "Path", "values": ["~a"]}]}, "rule.condition-of-requests"),
    ({"direction": "Response", "conditions": [{"type": "SourceIp", "values": ["::1"]}]}, "rule.condition-of-requests"),
    ({"name": "x"}, "rule.text-invalid"),
    ({"name": "x" * 129}, "rule.text-invalid"),
    ({"priority": 0}, "rule.number-invalid"),
    ({"priority": 10_001}, "rule.number-invalid"),
    ({"direction": "Sideways"}, "rule.choice-invalid"),
]


@pytest.mark.parametrize(("fields", "code"), TOGETHER)
def test_parts_that_do_not_go_together_are_refused(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_rule(make_rule(**fields), ALL)
    assert code_of(caught) == code


@pytest.mark.parametrize(
    "fields",
    [
        {"conditions": [{"type": "Path", "values": ["~/(a)(b)"]}], "actions": [CAPTURE, FORWARD]},
        {"actions": [REMOVE, {"type": "RemoveHeader", "key": "x-b"}, LIMIT, MIRROR, FORWARD]},
        {"actions": [{"type": "Redirect", "protocol": "HTTPS"}]},
        {"direction": "Response", "conditions": [ANSWER, PATH], "actions": [REMOVE, FIXED]},
        {"direction": "Response", "actions": [REMOVE]},
        {"name": "xx", "priority": 10_000},
    ],
)
def test_parts_that_go_together_pass(fields: dict[str, Any]) -> None:
    check_rule(make_rule(**fields), ALL)


def test_limits_of_a_rule_are_named() -> None:
    wild = make_rule([{"type": "Path", "values": [f"/{n}*" for n in range(11)]}])
    with pytest.raises(ConflictError) as caught:
        check_rule(wild, ALL)
    assert code_of(caught) == "quota.exceeded"
    assert "q_wildcards" in caught.value.way_out
