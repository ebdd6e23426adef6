"""The routes of one rule: usually one; more where a client stays with its group, or where a path's parts are used."""

from collections.abc import Iterator, Sequence

from envoy.config.route.v3.route_components_pb2 import HeaderMatcher, Route, RouteMatch
from envoy.type.matcher.v3.filter_state_pb2 import FilterStateMatcher
from envoy.type.matcher.v3.regex_pb2 import RegexMatcher
from envoy.type.matcher.v3.string_pb2 import StringMatcher
from xds.core.v3.cidr_pb2 import CidrRange

from dataplane.envoy.rule_actions import Site, act, sticks, sticky_cookie
from dataplane.envoy.rule_filters import CLIENT_ADDRESS
from listeners.forwarding.actions import ForwardGroup, WeightedGroup
from listeners.forwarding.condition import Condition, Pair
from listeners.forwarding.conditions import Cookie, Header, Host, Method, Path, QueryString, SourceIp
from listeners.forwarding.patterns import Pattern
from listeners.forwarding.rule import Rule
from listeners.forwarding.targets import captures_of

_HEADERS: "dict[type[Condition], str]" = {Host: ":authority", Method: ":method", QueryString: ":path", Cookie: "cookie"}


def routes_of(rule: Rule, site: Site) -> Iterator[Route]:
    """Yield the routes of a rule for requests, in their order."""
    for path in _paths(rule):
        forward = rule.forwards
        if forward is not None and sticks(forward, site):
            for group in site.usable(forward):
                yield _route(rule, path, site, stays_with=group)
        yield _route(rule, path, site)


def _paths(rule: Rule) -> Sequence[Pattern | None]:
    """Return each value of the path condition where a part of it is used, else None for all of them together."""
    target = rule.target
    return rule.path.patterns if target and captures_of(target.path) and rule.path else (None,)


def _route(rule: Rule, path: Pattern | None, site: Site, *, stays_with: WeightedGroup | None = None) -> Route:
    route = Route(name=rule.id, match=_match(rule, path))
    forward = rule.forwards
    if stays_with is not None:
        cookie = Cookie((Pair(sticky_cookie(rule), stays_with.server_group_id),))
        route.match.headers.append(_header("cookie", cookie.expression))
        forward = ForwardGroup((stays_with,))
    act(route, rule, forward, path, site)
    return route


def _match(rule: Rule, path: Pattern | None) -> RouteMatch:
    match = RouteMatch(prefix="/")
    for condition in rule.conditions:
        if type(condition) is Path:
            match.safe_regex.regex = path.expression if path else condition.expression
        elif type(condition) is SourceIp:
            match.filter_state.append(_networks(condition))
        elif type(condition) is Header:
            match.headers.append(_header(condition.key.lower(), condition.expression))
        else:
            match.headers.append(_header(_HEADERS[type(condition)], condition.expression))
    return match


def _header(name: str, expression: str) -> HeaderMatcher:
    return HeaderMatcher(name=name, string_match=StringMatcher(safe_regex=RegexMatcher(regex=expression)))


def _networks(condition: SourceIp) -> FilterStateMatcher:
    matcher = FilterStateMatcher(key=CLIENT_ADDRESS)
    for network in condition.networks:
        each = CidrRange(address_prefix=str(network.network_address))
        each.prefix_len.value = network.prefixlen
        matcher.address_match.ranges.append(each)
    return matcher
