"""Which rule answers, and which never can."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listeners.forwarding.conditions import Path
from listeners.forwarding.matching import Answer, Request, meets_all, which, which_of_answers
from listeners.forwarding.outcome import Site, answered, as_read, outcome_of
from listeners.forwarding.patterns import Pattern, includes, matches
from listeners.forwarding.rule import RESPONSE, Rule, read_actions, read_conditions
from listeners.forwarding.shadows import unreachable
from tests.dataplane.rule_cases import requests, rule_sets

HERE = Site("HTTPS", 443, "alb-1", "sgp-default")


def make_rule(n: int, *conditions: dict[str, Any], actions: Sequence[Any] = (), direction: str = "Request") -> Rule:
    fixed = [{"type": "FixedResponse", "code": 410}]
    return Rule(f"r{n}", f"r{n}", n, direction, read_conditions(conditions), read_actions(actions or fixed, direction))


def path(*values: str) -> dict[str, Any]:
    return {"type": "Path", "values": list(values)}


def host(*values: str) -> dict[str, Any]:
    return {"type": "Host", "values": list(values)}


@settings(max_examples=12, deadline=None)
@given(rules=rule_sets(), asked=st.lists(requests(), min_size=5, max_size=5))
def test_unreachable_rule_answers_no_request(rules: Sequence[Rule], asked: Sequence[Request]) -> None:
    shadows = unreachable(rules)
    never = {rule.id for rule, _before in shadows}
    for request in asked:
        found = which(request, rules)
        assert found is None or found.id not in never
        for rule, before in shadows:
            assert not meets_all(request, rule.conditions) or meets_all(request, before.conditions)


_marks = st.text(st.sampled_from("ab*?"), min_size=1, max_size=5)


@settings(max_examples=100, deadline=None)
@given(wide=_marks, narrow=_marks, text=st.text(st.sampled_from("ab"), max_size=6))
def test_included_pattern_matches_nothing_else(wide: str, narrow: str, text: str) -> None:
    first, second = Pattern(wide), Pattern(narrow)
    if includes(first, second) and matches(second.expression, text):
        assert matches(first.expression, text)


@pytest.mark.parametrize(
    ("wide", "narrow", "is_shadowed"),
    [
        ([path("/a*")], [path("/ab", "/ac*")], True),
        ([path("/a*")], [path("/ab", "/b")], False),
        ([path("/ab")], [path("/a*")], False),
        ([path("~^/a")], [path("/ab")], True),
        ([path("~^/a")], [path("/a*")], False),
        ([host("*.A.test")], [host("x.a.test")], True),
        ([path("/a*")], [path("/ab"), host("a.test")], True),
        ([path("/a*"), host("a.test")], [path("/ab")], False),
        ([{"type": "SourceIp", "values": ["10.0.0.0/8"]}], [{"type": "SourceIp", "values": ["10.1.0.0/16"]}], True),
        ([{"type": "SourceIp", "values": ["10.0.0.0/8"]}], [{"type": "SourceIp", "values": ["2001:db8::/32"]}], False),
        ([{"type": "Method", "values": ["GET", "PUT"]}], [{"type": "Method", "values": ["PUT"]}], True),
        (
            [{"type": "Header", "key": "X-A", "values": ["*"]}],
            [{"type": "Header", "key": "x-a", "values": ["b"]}],
            True,
        ),
        (
            [{"type": "Header", "key": "X-A", "values": ["*"]}],
            [{"type": "Header", "key": "x-b", "values": ["b"]}],
            False,
        ),
    ],
)
def test_rules_behind_wider_ones_are_found(wide: Any, narrow: Any, is_shadowed: bool) -> None:
    found = unreachable([make_rule(2, *narrow), make_rule(1, *wide)])
    assert [(rule.id, before.id) for rule, before in found] == [("r2", "r1")] * is_shadowed


def test_status_ranges_include_each_other() -> None:
    wide = make_rule(1, {"type": "ResponseStatusCode", "values": ["500-510"]}, direction=RESPONSE)
    narrow = make_rule(2, {"type": "ResponseStatusCode", "values": ["503"]}, direction=RESPONSE)
    assert unreachable([wide, narrow]) == [(narrow, wide)]


def test_rules_of_different_directions_do_not_stand_before_each_other() -> None:
    assert unreachable([make_rule(1, path("/*")), make_rule(1, path("/a"), direction=RESPONSE)]) == []


@pytest.mark.parametrize(
    ("asked", "read"),
    [("/a/../b", "/b"), ("/../a", "/a"), ("/a/.", "/a/"), ("/a/..", "/"), ("/a//b/../c?x=/../", "/a//c?x=/../")],
)
def test_climbing_paths_are_read_as_the_engine_does(asked: str, read: str) -> None:
    assert as_read(Request("GET", "a.test", asked)).target == read


def test_answers_are_changed_by_the_first_rule_that_they_meet() -> None:
    remove = {"type": "RemoveHeader", "key": "Server"}
    system = {"type": "InsertHeader", "key": "X-Entry", "value_type": "SystemDefined", "value": "SLBPort"}
    rules = [
        make_rule(1, {"type": "ResponseStatusCode", "values": ["500-599"]}, direction=RESPONSE),
        make_rule(2, path("/a*"), actions=[remove, system], direction=RESPONSE),
    ]
    request, answer = Request("GET", "a.test", "/a"), Answer(200, (("server", "x"), ("x-a", "b")))
    changed = answered(request, answer, rules, HERE)
    assert changed is not None
    assert changed.answer == Answer(200, (("x-a", "b"), ("X-Entry", "443")))
    failed = answered(request, Answer(502), rules, HERE)
    assert failed is not None
    assert failed.answer.status == 410
    assert which_of_answers(Request("GET", "a.test", "/b"), answer, rules) is None


def test_default_rule_forwards_or_redirects() -> None:
    request = Request("GET", "a.test:8080", "/x?y")
    outcome = outcome_of(request, [], HERE)
    assert (outcome.rule, [group.server_group_id for group in outcome.groups]) == (None, ["sgp-default"])
    plain = Site("HTTP", 80, "alb-1", "", redirect_port=8443)
    assert outcome_of(request, [], plain).location == "https://a.test:8443/x?y"


def test_path_condition_keeps_its_regexes_apart() -> None:
    assert Path(("~^/a$|^/b$", "/c")).expression.count("(?s:.*?)") == 1
