"""Forwarding rules on a real engine: every condition and every action, as clients and servers see them."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from dataplane.snapshot import DEFAULT, Listener, Server, ServerGroup
from listeners.forwarding.matching import Request
from listeners.forwarding.outcome import Site as Place
from listeners.forwarding.outcome import outcome_of
from listeners.forwarding.rule import RESPONSE, Rule, read_actions, read_conditions
from tests.certs import make_leaf
from tests.dataplane.backends import HttpBackend, http_backend
from tests.dataplane.http_client import Answer, ask, raw
from tests.dataplane.site import Bound, Site
from tests.e2e.http3 import Http3
from tests.waiting import wait_until

ECHO: dict[str, Any] = {"type": "ForwardGroup", "groups": [{"server_group_id": "sgp-other"}]}
BOTH: list[dict[str, Any]] = [
    {"server_group_id": "sgp-other", "weight": 50},
    {"server_group_id": "sgp-third", "weight": 50},
]


@pytest.fixture(scope="module")
def backends() -> Iterator[list[HttpBackend]]:
    """The servers of the default group, of the other one and of a third."""
    with http_backend() as default, http_backend() as other, http_backend() as third:
        yield [default, other, third]


class Ruled:
    """A listener with rules, and its servers."""

    def __init__(self, site: Site, backends: Sequence[HttpBackend]) -> None:
        self.site, (self.default, self.other, self.third) = site, backends
        groups = {
            f"sgp-{name}": ServerGroup(
                f"sgp-{name}", name, "wrr", (Server("127.0.0.1", backend.port, 100),), None, "HTTP"
            )
            for name, backend in (("other", self.other), ("third", self.third))
        }
        site.snapshot = replace(site.snapshot, server_groups={**site.snapshot.server_groups, **groups})
        self.listener: Listener = site.add(self.default.port, protocol="HTTP")

    @property
    def place(self) -> Place:
        """The listener, as the tester sees it."""
        return Place(self.listener.protocol, self.listener.port, self.listener.load_balancer_id, "sgp-default")

    def rule(self, *conditions: dict[str, Any], **more: Any) -> None:
        """Serve one rule."""
        self.rules((conditions, more.pop("actions", [ECHO])), **more)

    def rules(
        self, *rules: tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]]], direction: str = "Request"
    ) -> None:
        """Serve these rules, in their order."""
        made = tuple(
            Rule(f"rule-{n}", "r", n, direction, read_conditions(conditions), read_actions(actions, direction))
            for n, (conditions, actions) in enumerate(rules, 1)
        )
        self.listener = self.site.change(self.listener, rules=made)

    def ask(self, path: str = "/", **more: Any) -> Answer:
        return ask(self.listener.port, path, **more)

    def is_taken(self, path: str = "/", **more: Any) -> bool:
        """Whether the rule answers, by the other server."""
        answer = self.ask(path, **more)
        assert answer.seen["port"] in {self.default.port, self.other.port}
        return bool(answer.seen["port"] == self.other.port)


@pytest.fixture
def ruled(site: Site, backends: list[HttpBackend]) -> Ruled:
    return Ruled(site, backends)


def path_of(*values: str) -> dict[str, Any]:
    return {"type": "Path", "values": list(values)}


def test_host_is_matched_in_any_case_with_any_port_wildcards_and_regexes(ruled: Ruled) -> None:
    ruled.rule({"type": "Host", "values": ["www.a.test", "*.b.test", "~^c[0-9]+\\.test$"]})
    assert ruled.is_taken(Host="WWW.a.test:8080")
    assert ruled.is_taken(Host="x.y.b.test")
    assert ruled.is_taken(Host="c12.test:81")
    assert not ruled.is_taken(Host="a.test")
    assert not ruled.is_taken(Host="c12.test.evil")


def test_path_is_matched_in_its_case_without_the_query(ruled: Ruled) -> None:
    ruled.rule(path_of("/exact", "/img/*.p?g", "~^/v[0-9]+/"))
    assert ruled.is_taken("/exact?x=1")
    assert ruled.is_taken("/img/a/b.png")
    assert ruled.is_taken("/v12/x")
    assert not ruled.is_taken("/EXACT")
    assert not ruled.is_taken("/exact/")
    assert not ruled.is_taken("/x?/exact")


def test_header_query_cookie_and_method_are_matched(ruled: Ruled) -> None:
    ruled.rule(
        {"type": "Header", "key": "X-Kind", "values": ["beta*", "canary"]},
        {"type": "QueryString", "pairs": [{"key": "user name", "value": "a?c"}]},
        {"type": "Cookie", "pairs": [{"key": "session", "value": "one"}]},
        {"type": "Method", "values": ["POST", "PUT"]},
    )
    asked = {"method": "POST", "X_Kind": "beta-2", "Cookie": "x=y; session=one"}
    assert ruled.is_taken("/?z=1&user%20name=ab%63", **asked)
    assert ruled.is_taken("/?user+name=abc", **asked)
    assert not ruled.is_taken("/?user+name=abbc", **asked)
    assert not ruled.is_taken("/?user+name=abc", **{**asked, "method": "GET"})
    assert not ruled.is_taken("/?user+name=abc", **{**asked, "Cookie": "session=onetwo"})
    assert not ruled.is_taken("/?user+name=abc", **{**asked, "X_Kind": "Canary"})


def test_source_address_is_matched(ruled: Ruled) -> None:
    ruled.rule({"type": "SourceIp", "values": ["10.0.0.0/8", "127.0.0.0/8"]})
    assert ruled.is_taken()
    ruled.rule({"type": "SourceIp", "values": ["10.0.0.0/8", "2001:db8::/32"]})
    assert not ruled.is_taken()


def test_lower_priority_numbers_come_first(ruled: Ruled) -> None:
    fixed = {"type": "FixedResponse", "code": 410}
    ruled.rules(([path_of("/a/b*")], [fixed]), ([path_of("/a*")], [ECHO]))
    assert ruled.ask("/a/b").status == 410
    assert ruled.is_taken("/a/c")


def test_changed_rule_leaves_connections_alone(ruled: Ruled) -> None:
    listeners_sent = [name for kind, name in ruled.site.taken if kind.endswith("Listener")]
    ruled.rule(path_of("/one"))
    ruled.rule(path_of("/two"))
    assert [name for kind, name in ruled.site.taken if kind.endswith("Listener")] == listeners_sent


def test_requests_are_spread_by_weight(ruled: Ruled) -> None:
    groups = [*BOTH, {"server_group_id": "sgp-none", "weight": 0}]
    ruled.rule(path_of("/*"), actions=[{"type": "ForwardGroup", "groups": groups}])
    counts = Counter(ruled.ask().seen["port"] for _ in range(40))
    assert set(counts) == {ruled.other.port, ruled.third.port}


def test_client_stays_with_the_group_that_it_had(ruled: Ruled) -> None:
    ruled.rule(path_of("/*"), actions=[{"type": "ForwardGroup", "groups": BOTH, "sticky": True, "sticky_seconds": 60}])
    first = ruled.ask()
    cookie = first.headers["set-cookie"]
    assert "Max-Age=60" in cookie
    again = {ruled.ask(Cookie=cookie.partition(";")[0]).seen["port"] for _ in range(12)}
    assert again == {first.seen["port"]}


def test_redirect_builds_its_address_of_the_request(ruled: Ruled) -> None:
    moved = {"type": "Redirect", "protocol": "HTTPS", "host": "new.test", "port": "8443", "code": 308}
    parts = {"type": "Redirect", "path": "/users/${1}${path}", "query": "from=old"}
    ruled.rules(
        ([path_of("/moved*")], [moved]),
        ([path_of("~^/u/(\\w+)$", "~^/user-(\\w+)$")], [parts]),
    )
    answer = ruled.ask("/moved/x?a=b%20c")
    assert (answer.status, answer.headers["location"]) == (308, "https://new.test:8443/moved/x?a=b%20c")
    answer = ruled.ask("/user-bob?gone=1", Host="a.test:81")
    assert (answer.status, answer.headers["location"]) == (301, "http://a.test:81/users/bob/user-bob?from=old")


def test_fixed_response_has_its_status_type_and_content(ruled: Ruled) -> None:
    fixed = {"type": "FixedResponse", "code": 451, "content_type": "application/json", "content": '{"a": "100%"}'}
    ruled.rule(path_of("/*"), actions=[fixed])
    answer = ruled.ask()
    assert (answer.status, answer.headers["content-type"], answer.body) == (451, "application/json", b'{"a": "100%"}')


def test_rewrite_changes_host_path_and_query(ruled: Ruled) -> None:
    rewrite = {"type": "Rewrite", "host": "inside.test", "path": "/new/${1}", "query": "all=new"}
    kept = {"type": "Rewrite", "path": "/before${path}"}
    ruled.rules(([path_of("~^/old/(.*)$")], [rewrite, ECHO]), ([path_of("/kept*")], [kept, ECHO]))
    answer = ruled.ask("/old/thing?a=1")
    assert answer.seen["path"] == "/new/thing?all=new"
    assert answer.request_headers["host"] == "inside.test"
    assert ruled.ask("/kept?a=1").seen["path"] == "/before/kept?a=1"


def test_headers_are_set_and_removed_in_the_order_of_the_actions(ruled: Ruled) -> None:
    actions: list[dict[str, Any]] = [
        {"type": "InsertHeader", "key": "X-Copy", "value_type": "ReferenceHeader", "value": "X-Old"},
        {"type": "RemoveHeader", "key": "X-Old"},
        {"type": "InsertHeader", "key": "X-Set", "value": "50% off"},
        {"type": "InsertHeader", "key": "X-Client", "value_type": "SystemDefined", "value": "ClientSrcIp"},
        {"type": "InsertHeader", "key": "X-Entry", "value_type": "SystemDefined", "value": "SLBPort"},
        ECHO,
    ]
    ruled.rule(path_of("/*"), actions=actions)
    headers = ruled.ask(X_Old="kept", X_Set="forged").request_headers
    assert {key: value for key, value in headers.items() if key.startswith("x-") and "forwarded" not in key} == {
        "x-copy": "kept",
        "x-set": "50% off",
        "x-client": "127.0.0.1",
        "x-entry": str(ruled.listener.port),
    }


def test_limit_counts_all_requests_of_the_rule_and_each_address(ruled: Ruled) -> None:
    whole = {"type": "TrafficLimit", "qps": 5}
    single = {"type": "TrafficLimit", "per_ip_qps": 5}
    sticky = {"type": "ForwardGroup", "groups": BOTH, "sticky": True}
    ruled.rules(([path_of("/whole")], [whole, sticky]), ([path_of("/each")], [single, ECHO]))
    for path in ("/whole", "/each"):
        statuses = Counter(ruled.ask(path).status for _ in range(30))
        assert statuses.keys() == {200, 503}, path
    assert {ruled.ask("/free").status for _ in range(30)} == {200}


def test_mirror_gets_a_copy(ruled: Ruled) -> None:
    ruled.rule(path_of("/*"), actions=[{"type": "TrafficMirror", "server_group_id": "sgp-third"}, ECHO])
    assert ruled.ask("/copied", method="POST", body=b"text").seen["port"] == ruled.other.port
    wait_until(lambda: "POST /copied" in ruled.third.asked)


def test_cors_answers_browsers_beforehand_and_afterwards(ruled: Ruled) -> None:
    cors = {
        "type": "Cors",
        "allow_origin": ["https://app.test", "https://*.good.test"],
        "allow_methods": ["GET", "PUT"],
        "expose_headers": ["X-Total"],
        "allow_credentials": True,
        "max_age": 60,
    }
    ruled.rule(path_of("/*"), actions=[cors, ECHO])
    asked = {"method": "OPTIONS", "Access_Control_Request_Method": "PUT"}
    answer = ruled.ask(**asked, Origin="https://a.good.test")
    assert answer.headers["access-control-allow-origin"] == "https://a.good.test"
    assert answer.headers["access-control-allow-methods"] == "GET,PUT"
    assert "access-control-allow-origin" not in ruled.ask(**asked, Origin="https://good.test.evil").headers
    assert ruled.ask(Origin="https://app.test").headers["access-control-expose-headers"] == "X-Total"


def test_rules_for_answers_look_at_status_headers_and_the_request(ruled: Ruled) -> None:
    ruled.rules(
        (
            [{"type": "ResponseStatusCode", "values": ["200-299"]}, {"type": "Host", "values": ["*.FIX.test"]}],
            [{"type": "FixedResponse", "code": 503, "content_type": "text/html", "content": "<b>gone</b>"}],
        ),
        (
            [
                {"type": "ResponseHeader", "key": "X-Server", "values": ["o*e"]},
                {"type": "Header", "key": "X-In", "values": ["y"]},
            ],
            [
                {"type": "RemoveHeader", "key": "X-Server"},
                {"type": "InsertHeader", "key": "X-Out", "value": 'quoted " \\ %'},
                {"type": "InsertHeader", "key": "X-From", "value_type": "SystemDefined", "value": "ClientSrcIp"},
            ],
        ),
        direction=RESPONSE,
    )
    fixed = ruled.ask(Host="a.fix.test:80")
    assert (fixed.status, fixed.headers["content-type"], fixed.body) == (503, "text/html", b"<b>gone</b>")
    large = ruled.ask("/page?bytes=3000000&type=text/plain", Host="a.fix.test")
    assert (large.status, large.body) == (503, b"<b>gone</b>")
    changed = ruled.ask(X_In="y")
    assert "x-server" not in changed.headers
    assert (changed.headers["x-out"], changed.headers["x-from"]) == ('quoted " \\ %', "127.0.0.1")
    assert ruled.ask().headers["x-server"] == "one"
    assert ruled.ask(method="HEAD", Host="a.fix.test").status == 503


def test_rules_for_answers_see_those_of_the_engine_too(ruled: Ruled) -> None:
    limited = [{"type": "TrafficLimit", "qps": 1}, ECHO]
    request = Rule("rule-1", "r", 1, "Request", read_conditions([path_of("/a")]), read_actions(limited, "Request"))
    told = [{"type": "InsertHeader", "key": "X-Why", "value": "limit"}]
    conditions = read_conditions([{"type": "ResponseStatusCode", "values": ["503"]}, path_of("/a*")])
    answer = Rule("rule-2", "r", 1, RESPONSE, conditions, read_actions(told, RESPONSE))
    ruled.listener = ruled.site.change(ruled.listener, rules=(request, answer))
    answers = [ruled.ask("/a") for _ in range(10)]
    assert {each.headers.get("x-why") for each in answers if each.status == 503} == {"limit"}


def test_rules_choose_by_the_address_over_http3(site: Site, backends: list[HttpBackend]) -> None:
    bound = [Bound(make_leaf("a.test"), DEFAULT)]
    conditions = read_conditions([{"type": "SourceIp", "values": ["127.0.0.0/8"]}, path_of("/a*")])
    fixed = read_actions([{"type": "FixedResponse", "code": 410, "content": "gone"}], "Request")
    rules = (Rule("rule-1", "r", 1, "Request", conditions, fixed),)
    listener = site.add(backends[0].port, protocol="QUIC", bound=bound, rules=rules)
    with contextlib.closing(Http3(listener.port, "a.test")) as client:
        answer = client.get("/a?x=1", host="a.test")
        assert (answer.status, answer.body) == (410, b"gone")
        assert client.get("/b", host="a.test").status == 200


def test_rule_with_a_group_that_is_gone_answers_503(ruled: Ruled) -> None:
    gone = {"type": "ForwardGroup", "groups": [{"server_group_id": "sgp-none"}]}
    ruled.rule(path_of("/gone"), actions=[gone])
    assert ruled.ask("/gone").status == 503
    assert ruled.ask("/other").status == 200


MOVES: list[tuple[str, dict[str, Any], str, str]] = [
    ("/*", {"protocol": "HTTPS"}, "a.test:80", "/x?y=1"),
    ("/*", {"protocol": "HTTPS"}, "a.test:8080", "/x"),
    ("/*", {"protocol": "HTTPS", "port": "443"}, "a.test", "/x?"),
    ("/*", {"port": "81"}, "a.test:80", "/?a=b"),
    ("/*", {"host": "b.test"}, "a.test:8080", "/x"),
    ("/*", {"path": "/new"}, "a.test", "/x/y?a=b"),
    ("/*", {"path": "/new${path}"}, "a.test", "/x/y"),
    ("/*", {"query": "a=1"}, "a.test", "/x?b=2"),
    ("/*", {"query": ""}, "a.test", "/x?b=2"),
    ("/*", {"path": "/n", "query": ""}, "a.test", "/x?b=2"),
    ("~/(a+)/(b*)", {"path": "/${2}-${1}", "query": "c=d"}, "a.test", "/0/aa/bb/1?e"),
    ("~(a)|(b)", {"path": "/x${1}y${2}"}, "a.test", "/b?e"),
]


def test_tester_tells_what_the_engine_does(ruled: Ruled) -> None:
    for pattern, fields, host, target in MOVES:
        redirect = {"type": "Redirect", **fields}
        rewrites = {name: value for name, value in fields.items() if name in {"host", "path", "query"}}
        # The last one makes the server group known to the engine before it is asked for.
        ruled.rules(([path_of("/from/*")], [redirect]), ([path_of(pattern)], [redirect]), ([path_of("/echo")], [ECHO]))
        told = outcome_of(Request("GET", host, target), ruled.listener.rules, ruled.place)
        answer = ruled.ask(target, Host=host)
        assert (answer.status, answer.headers["location"]) == (told.redirect_code, told.location), fields
        if rewrites:
            ruled.rule(path_of(pattern), actions=[{"type": "Rewrite", **rewrites}, ECHO])
            sent = outcome_of(Request("GET", host, target), ruled.listener.rules, ruled.place).sent
            seen = ruled.ask(target, Host=host)
            assert sent is not None
            assert (seen.seen["path"], seen.request_headers["host"]) == (sent.target, sent.authority), fields


def test_climbing_paths_do_not_pass_a_rule_by(ruled: Ruled) -> None:
    ruled.rule(path_of("/admin*"), actions=[{"type": "FixedResponse", "code": 403}])
    answer = raw(ruled.listener.port, b"GET /x/../admin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403")
