"""Where a listener's requests go: its rules in the order of their priorities, and what becomes of the others.

The routes travel apart from the listener, so that a changed rule touches no connection.
"""

from collections.abc import Mapping, Sequence

from envoy.config.route.v3.route_components_pb2 import (
    DirectResponseAction,
    RedirectAction,
    Route,
    RouteMatch,
    VirtualHost,
)
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.lua.v3.lua_pb2 import LuaPerRoute

from dataplane.envoy.answers import script
from dataplane.envoy.headers import tell_servers
from dataplane.envoy.resources import packed
from dataplane.envoy.rule_actions import Site, query_of, retry_policy, system_values
from dataplane.envoy.rule_filters import ANSWERS, LIMIT
from dataplane.envoy.rule_routes import routes_of
from dataplane.envoy.traffic_limits import limits_of_rules
from dataplane.snapshot import Listener, ServerGroup
from listeners.forwarding.rule import RESPONSE, Rule

UNAVAILABLE = 503


def build_routes(listener: Listener, groups: Mapping[str, ServerGroup]) -> RouteConfiguration:
    """Return the route configuration of ``listener``; ``groups`` are the server groups that there are."""
    requests, answers = _ordered(listener.rules, of_answers=False), _ordered(listener.rules, of_answers=True)
    host = VirtualHost(name="rules", domains=["*"])
    host.retry_policy.CopyFrom(retry_policy())
    for rule in requests:
        host.routes.extend(routes_of(rule, Site(listener, groups)))
    host.routes.append(_default_route(listener, groups))
    limits = limits_of_rules(requests)
    if limits is not None:
        host.typed_per_filter_config[LIMIT].CopyFrom(packed(limits))
    if answers or any(query_of(rule) is not None for rule in requests):
        code = LuaPerRoute()
        code.source_code.inline_string = script(answers, system_values(listener))
        host.typed_per_filter_config[ANSWERS].CopyFrom(packed(code))
    routes = RouteConfiguration(name=listener.id, virtual_hosts=[host])
    tell_servers(routes, listener)
    return routes


def _ordered(rules: Sequence[Rule], *, of_answers: bool) -> list[Rule]:
    chosen = (rule for rule in rules if (rule.direction == RESPONSE) == of_answers)
    return sorted(chosen, key=lambda rule: rule.priority)


def _default_route(listener: Listener, groups: Mapping[str, ServerGroup]) -> Route:
    """Return the route of the requests that no rule takes."""
    route = Route(name="default", match=RouteMatch(prefix="/"))
    if listener.redirect_port is not None:
        route.redirect.CopyFrom(RedirectAction(https_redirect=True, port_redirect=listener.redirect_port))
    elif listener.server_group_id in groups:
        Site(listener, groups).direct(route, listener.server_group_id)
    else:
        route.direct_response.CopyFrom(DirectResponseAction(status=UNAVAILABLE))
    return route
