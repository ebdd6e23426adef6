"""Where a listener's requests go: its rules in the order of their priorities, and what becomes of the others.

The routes travel apart from the listener, so that a changed rule touches no connection.
"""

from collections.abc import Mapping

from envoy.config.route.v3.route_components_pb2 import (
    DirectResponseAction,
    RedirectAction,
    RetryPolicy,
    Route,
    RouteAction,
    RouteMatch,
    VirtualHost,
)
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.retry.host.previous_hosts.v3.previous_hosts_pb2 import PreviousHostsPredicate
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import UInt32Value

from dataplane.envoy.headers import tell_servers
from dataplane.envoy.names import cluster_name
from dataplane.envoy.resources import packed
from dataplane.snapshot import Listener, ServerGroup

RETRIES = 3
HOST_ATTEMPTS = 5
UNAVAILABLE = 503


def build_routes(listener: Listener, groups: Mapping[str, ServerGroup]) -> RouteConfiguration:
    """Return the route configuration of ``listener``; ``groups`` are the server groups that there are."""
    host = VirtualHost(name="rules", domains=["*"], routes=[_default_route(listener, groups)])
    host.retry_policy.CopyFrom(_retry_policy())
    routes = RouteConfiguration(name=listener.id, virtual_hosts=[host])
    tell_servers(routes, listener)
    return routes


def _default_route(listener: Listener, groups: Mapping[str, ServerGroup]) -> Route:
    """Return the route of the requests that no rule takes."""
    route = Route(name="default", match=RouteMatch(prefix="/"))
    if listener.redirect_port is not None:
        route.redirect.CopyFrom(RedirectAction(https_redirect=True, port_redirect=listener.redirect_port))
    elif listener.server_group_id in groups:
        route.route.CopyFrom(forwarding(listener, cluster_name(listener, listener.server_group_id)))
    else:
        route.direct_response.CopyFrom(DirectResponseAction(status=UNAVAILABLE))
    return route


def forwarding(listener: Listener, cluster: str = "") -> RouteAction:
    """Return the action of sending a request to ``cluster``, within the listener's request timeout."""
    return RouteAction(
        cluster=cluster,
        # For the whole answer there is no limit: a transfer, a WebSocket or a stream of gRPC lasts as long as it moves.
        timeout=Duration(),
        # When nothing has moved for so long: 504 where the answer has not begun, 408 where the request has not ended.
        idle_timeout=Duration(seconds=listener.request_timeout_seconds),
    )


def _retry_policy() -> RetryPolicy:
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
