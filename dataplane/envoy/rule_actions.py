"""What a route does with the requests of a rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from envoy.config.common.mutation_rules.v3.mutation_rules_pb2 import HeaderMutation
from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.config.route.v3.route_components_pb2 import (
    DirectResponseAction,
    RedirectAction,
    RetryPolicy,
    Route,
    RouteAction,
    WeightedCluster,
)
from envoy.extensions.filters.http.cors.v3.cors_pb2 import CorsPolicy
from envoy.extensions.filters.http.header_mutation.v3.header_mutation_pb2 import HeaderMutationPerRoute
from envoy.extensions.retry.host.previous_hosts.v3.previous_hosts_pb2 import PreviousHostsPredicate
from envoy.type.matcher.v3.string_pb2 import StringMatcher
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from dataplane.envoy.answers import QUERY
from dataplane.envoy.names import cluster_name
from dataplane.envoy.resources import packed
from dataplane.envoy.rule_filters import ANSWERS, CORS, HEADERS
from dataplane.envoy.stickiness import per_route
from dataplane.envoy.traffic_limits import counted
from dataplane.snapshot import Listener, ServerGroup
from listeners.forwarding.actions import (
    Cors,
    FixedResponse,
    ForwardGroup,
    InsertHeader,
    Redirect,
    RemoveHeader,
    Rewrite,
    TrafficMirror,
    WeightedGroup,
)
from listeners.forwarding.patterns import Pattern, literal
from listeners.forwarding.rule import Rule
from listeners.forwarding.targets import CAPTURE, SAME_HOST, SAME_PATH, SAME_PORT, SAME_PROTOCOL, SAME_QUERY

RETRIES = 3
HOST_ATTEMPTS = 5
UNAVAILABLE = 503
_REDIRECTS: Mapping[int, "RedirectAction.RedirectResponseCode"] = MappingProxyType(
    {
        301: RedirectAction.MOVED_PERMANENTLY,
        302: RedirectAction.FOUND,
        303: RedirectAction.SEE_OTHER,
        307: RedirectAction.TEMPORARY_REDIRECT,
        308: RedirectAction.PERMANENT_REDIRECT,
    }
)
_CLIENT = MappingProxyType(
    {"ClientSrcIp": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "ClientSrcPort": "%DOWNSTREAM_REMOTE_PORT%"}
)
_ALL_METHODS = "GET,POST,PUT,DELETE,HEAD,OPTIONS,PATCH"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a rule is: its listener, and the server groups that there are."""

    listener: Listener
    groups: Mapping[str, ServerGroup]

    def cluster(self, group_id: str) -> str:
        """Return the name of the cluster of a server group."""
        return cluster_name(self.listener, group_id)

    def direct(self, route: Route, group_id: str) -> None:
        """Send the requests of ``route`` to one server group."""
        route.route.CopyFrom(forwarding(self.listener, self.cluster(group_id)))
        for name, config in per_route(self.groups[group_id]).items():
            route.typed_per_filter_config[name].CopyFrom(config)

    def usable(self, forward: ForwardGroup) -> list[WeightedGroup]:
        """Return the groups that requests can go to."""
        return [each for each in forward.groups if each.weight and each.server_group_id in self.groups]


def act(route: Route, rule: Rule, forward: ForwardGroup | None, path: Pattern | None, site: Site) -> None:
    """Give ``route`` the actions of ``rule``; ``forward`` is its forwarding, perhaps to one group only."""
    final = rule.final
    if isinstance(final, Redirect):
        route.redirect.CopyFrom(_redirect(final, path))
    elif isinstance(final, FixedResponse):
        _fix(route, final)
    elif forward is not None:
        _forward(route, rule, forward, path, site)
    query = query_of(rule)
    if query is not None:
        route.metadata.filter_metadata[ANSWERS].update({QUERY: query})
    _mutate(route, rule, site.listener)
    cors = rule.of_action(Cors)
    if cors is not None:
        route.typed_per_filter_config[CORS].CopyFrom(packed(_cors(cors)))


def forwarding(listener: Listener, cluster: str = "") -> RouteAction:
    """Return the action of sending a request to ``cluster``, within the listener's request timeout."""
    action = RouteAction(
        # For the whole answer there is no limit: a transfer, a WebSocket or a stream of gRPC lasts as long as it moves.
        timeout=Duration(),
        # When nothing has moved for so long: 504 where the answer has not begun, 408 where the request has not ended.
        idle_timeout=Duration(seconds=listener.request_timeout_seconds),
    )
    if cluster:
        action.cluster = cluster
    return action


@cache
def retry_policy() -> RetryPolicy:
    """Try another server where the first cannot have begun to answer.

    That of a request which may be repeated without harm is tried again even when its connection broke: the filter
    for it says so by a header, since one policy cannot know the method.
    """
    policy = RetryPolicy(
        retry_on="connect-failure,refused-stream,reset-before-request",
        num_retries=UInt32Value(value=RETRIES),
        host_selection_retry_max_attempts=HOST_ATTEMPTS,
    )
    predicate = policy.retry_host_predicate.add(name="envoy.retry_host_predicates.previous_hosts")
    predicate.typed_config.CopyFrom(packed(PreviousHostsPredicate()))
    return policy


def system_values(listener: Listener) -> dict[str, str]:
    """Return the system's values for headers, the client's apart."""
    return {"Protocol": listener.protocol, "SLBId": listener.load_balancer_id, "SLBPort": str(listener.port)}


def sticks(forward: ForwardGroup, site: Site) -> bool:
    """Tell whether clients have more than one group to stay with."""
    return forward.sticky and len(site.usable(forward)) > 1


def sticky_cookie(rule: Rule) -> str:
    """Return the name of the cookie that says which group a client has."""
    return f"LBGROUP-{rule.id}"


def _forward(route: Route, rule: Rule, forward: ForwardGroup, path: Pattern | None, site: Site) -> None:
    chosen = site.usable(forward)
    if not chosen:
        route.direct_response.CopyFrom(DirectResponseAction(status=UNAVAILABLE))
        return
    if len(chosen) == 1:
        site.direct(route, chosen[0].server_group_id)
    else:
        route.route.CopyFrom(forwarding(site.listener))
        for each in chosen:
            cluster = route.route.weighted_clusters.clusters.add(name=site.cluster(each.server_group_id))
            cluster.weight.value = each.weight
            for name, config in per_route(site.groups[each.server_group_id]).items():
                cluster.typed_per_filter_config[name].CopyFrom(config)
            if forward.sticky:
                _stay(cluster, rule, each.server_group_id, forward.sticky_seconds)
    route.route.rate_limits.extend(counted(rule))
    _mirror(route, rule, site)
    rewrite = rule.of_action(Rewrite)
    if rewrite is not None:
        _rewrite(route, rewrite, path)


def _stay(cluster: WeightedCluster.ClusterWeight, rule: Rule, group_id: str, seconds: int) -> None:
    value = f"{sticky_cookie(rule)}={group_id}; Max-Age={seconds}; Path=/; HttpOnly"
    cluster.response_headers_to_add.append(HeaderValueOption(header=HeaderValue(key="set-cookie", value=value)))


def _mirror(route: Route, rule: Rule, site: Site) -> None:
    mirror = rule.of_action(TrafficMirror)
    if mirror is not None and mirror.server_group_id in site.groups:
        cluster = site.cluster(mirror.server_group_id)
        route.route.request_mirror_policies.add(cluster=cluster, disable_shadow_host_suffix_append=True)


def _rewrite(route: Route, rewrite: Rewrite, path: Pattern | None) -> None:
    if rewrite.host != SAME_HOST:
        route.route.host_rewrite_literal = rewrite.host
    if rewrite.path != SAME_PATH:
        route.route.regex_rewrite.pattern.regex = _whole(path)
        route.route.regex_rewrite.substitution = _substitution(rewrite.path)


def _redirect(redirect: Redirect, path: Pattern | None) -> RedirectAction:
    action = RedirectAction(response_code=_REDIRECTS[redirect.code])
    if redirect.protocol != SAME_PROTOCOL:
        action.scheme_redirect = redirect.protocol.lower()
    if redirect.host != SAME_HOST:
        action.host_redirect = redirect.host
    if redirect.port != SAME_PORT:
        action.port_redirect = int(redirect.port)
    if redirect.path != SAME_PATH:
        action.regex_rewrite.pattern.regex = _whole(path)
        action.regex_rewrite.substitution = _substitution(redirect.path)
    # Another query is put in by the script before the redirect is made; what the engine strips, it strips of that too.
    action.strip_query = not redirect.query
    return action


def query_of(rule: Rule) -> str | None:
    """Return what ``rule`` puts in the place of the query; None where it stays."""
    return rule.target.query if rule.target and rule.target.query != SAME_QUERY else None


def _whole(path: Pattern | None) -> str:
    """Return the expression of a whole path, with the groups that are used."""
    return f"^{path.expression}$" if path else "(?s)^.*$"


def _substitution(target: str) -> str:
    return CAPTURE.sub(r"\\\1", target.replace(SAME_PATH, r"\0"))


def _fix(route: Route, response: FixedResponse) -> None:
    route.direct_response.status = response.code
    if response.content:
        route.direct_response.body.inline_string = response.content
        route.response_headers_to_add.append(_overwritten("content-type", response.content_type))


def _mutate(route: Route, rule: Rule, listener: Listener) -> None:
    """Set and remove headers in the order of the actions."""
    changes = [
        HeaderMutation(append=_overwritten(action.key, _value(action, listener)))
        if isinstance(action, InsertHeader)
        else HeaderMutation(remove=action.key)
        for action in rule.actions
        if isinstance(action, (InsertHeader, RemoveHeader))
    ]
    if changes:
        config = HeaderMutationPerRoute()
        config.mutations.request_mutations.extend(changes)
        route.typed_per_filter_config[HEADERS].CopyFrom(packed(config))


def _overwritten(key: str, value: str) -> HeaderValueOption:
    return HeaderValueOption(
        header=HeaderValue(key=key, value=value), append_action=HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
    )


def _value(action: InsertHeader, listener: Listener) -> str:
    if action.value_type == "ReferenceHeader":
        return f"%REQ({action.value})%"
    if action.value_type == "SystemDefined":
        return _CLIENT.get(action.value) or _plain(system_values(listener)[action.value])
    return _plain(action.value)


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def _cors(cors: Cors) -> CorsPolicy:
    return CorsPolicy(
        allow_origin_string_match=[_origin(each) for each in cors.allow_origin],
        allow_methods=_ALL_METHODS if "*" in cors.allow_methods else ",".join(cors.allow_methods),
        allow_headers=",".join(cors.allow_headers),
        expose_headers=",".join(cors.expose_headers),
        max_age=str(cors.max_age),
        allow_credentials=BoolValue(value=cors.allow_credentials),
        forward_not_matching_preflights=BoolValue(value=False),
    )


def _origin(origin: str) -> StringMatcher:
    if "*" not in origin:
        return StringMatcher(exact=origin)
    matcher = StringMatcher()
    matcher.safe_regex.regex = ".*" if origin == "*" else literal(origin).replace(r"\*", r"[A-Za-z0-9.-]+")
    return matcher
