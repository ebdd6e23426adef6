"""The matcher decides as the engine does: whatever the rules, whatever the request."""

import http.client
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listeners.forwarding.matching import Request, which
from listeners.forwarding.outcome import as_read
from listeners.forwarding.rule import Rule
from tests.dataplane.http_client import open_connection
from tests.dataplane.rule_cases import requests, rule_sets
from tests.dataplane.site import Site

REQUESTS = 12
_SETTINGS: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def compare(site: Site, rules: Sequence[Rule], asked: Sequence[Request]) -> None:
    """Ask the engine and the matcher the same."""
    if not site.snapshot.listeners:
        site.add(protocol="HTTP")
    (listener,) = site.snapshot.listeners.values()
    site.change(listener, rules=tuple(rules))
    assert site.rejections == []
    connection = open_connection(listener.port)
    try:
        for request in asked:
            expected = which(as_read(request), rules)
            assert _answer(connection, request) == (expected.id if expected else "default"), (request, rules)
    finally:
        connection.close()


def _answer(connection: http.client.HTTPConnection, request: Request) -> str:
    connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
    for name, value in (("Host", request.authority), *request.headers):
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    return body if answer.status == 200 else "default"


@settings(max_examples=10, **_SETTINGS)
@given(rules=rule_sets(), asked=st.lists(requests(), min_size=REQUESTS, max_size=REQUESTS))
def test_matcher_and_engine_choose_the_same_rule(site: Site, rules: Sequence[Rule], asked: Sequence[Request]) -> None:
    compare(site, rules, asked)


@pytest.mark.conformance
@settings(max_examples=300, **_SETTINGS)
@given(rules=rule_sets(), asked=st.lists(requests(), min_size=REQUESTS, max_size=REQUESTS))
def test_matcher_and_engine_choose_the_same_of_many_rules(
    site: Site, rules: Sequence[Rule], asked: Sequence[Request]
) -> None:
    compare(site, rules, asked)
