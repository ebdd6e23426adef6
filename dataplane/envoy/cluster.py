"""Where a listener's connections go: a cluster for each server group, and the servers in it."""

from collections.abc import Sequence
from functools import cache, lru_cache

from envoy.config.cluster.v3.circuit_breaker_pb2 import CircuitBreakers
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.protocol_pb2 import Http1ProtocolOptions, Http2ProtocolOptions
from envoy.config.core.v3.protocol_pb2 import HttpProtocolOptions as CommonOptions
from envoy.config.endpoint.v3.endpoint_components_pb2 import Endpoint, LbEndpoint, LocalityLbEndpoints
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.extensions.clusters.common.dns.v3.dns_pb2 import V4_PREFERRED
from envoy.extensions.clusters.dns.v3.dns_cluster_pb2 import DnsCluster
from envoy.extensions.upstreams.http.v3.http_protocol_options_pb2 import HttpProtocolOptions
from envoy.type.v3.percent_pb2 import Percent
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import UInt32Value

from dataplane.envoy.balancing import load_balancing, weight_of
from dataplane.envoy.health_check import build_health_check
from dataplane.envoy.listener import socket_address
from dataplane.envoy.resources import packed
from dataplane.envoy.server_tls import matches_for_checks, proxied, secured
from dataplane.envoy.tls import ads_source
from dataplane.snapshot import Listener, Server, ServerGroup
from listeners.host_names import is_ip_address

CONNECT_SECONDS = 5
# What the engine takes from a server in one read: with 32 KiB a transfer costs a third more CPU. It bounds what is held
# for a client that does not read; an idle connection holds none of it.
SERVER_BUFFER_BYTES = 128 * 1024
# The engine's own caps (1,024 of each) are for meshes; here the overload manager is the cap.
NO_CAP = 10_000_000
# Host names are asked for again after what their answer says, and after these where there is none.
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 1, 10
IDLE_SECONDS = 15  # a kept connection that no request uses; most servers close theirs later
REQUESTS = frozenset({"HTTP", "HTTPS", "gRPC"})  # protocols of server groups
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def build_cluster(
    name: str, listener: Listener, group: ServerGroup, authority: str = "", health_log: str = ""
) -> Cluster:
    """Return how ``listener`` reaches ``group``.

    Servers with addresses travel apart, so that changing them rebuilds nothing; those with host names are in the
    cluster. ``authority`` names the secret that servers are verified by.
    """
    cluster = Cluster()
    cluster.CopyFrom(_usual_cluster())
    cluster.name = name
    cluster.load_balancing_policy.CopyFrom(load_balancing(listener, group))
    cluster.close_connections_on_host_health_failure = group.connection_drain_seconds == 0
    _add_servers(cluster, group)
    if group.health_check is not None:
        cluster.health_checks.append(build_health_check(group.health_check, group, health_log))
    if group.protocol in REQUESTS:
        options = _http_options(is_grpc=group.protocol == "gRPC")
        cluster.typed_extension_protocol_options[_HTTP_OPTIONS].CopyFrom(options)
    _secure(cluster, listener, group, authority)
    return cluster


@cache
def _usual_cluster() -> Cluster:
    """Return what all clusters have in common."""
    cluster = Cluster(
        connect_timeout=Duration(seconds=CONNECT_SECONDS),
        per_connection_buffer_limit_bytes=UInt32Value(value=SERVER_BUFFER_BYTES),
        circuit_breakers=_no_caps(),
        # A removed server takes no connection more, whatever its last health check said.
        ignore_health_on_host_removal=True,
    )
    # With no server healthy, all are tried: a wrong health check must not close a working service.
    cluster.common_lb_config.healthy_panic_threshold.CopyFrom(Percent(value=1))
    return cluster


def build_endpoints(name: str, group: ServerGroup) -> ClusterLoadAssignment:
    """Return the servers that take connections: those whose weight is not 0."""
    servers = [_endpoint(server, group) for server in taking(group)]
    localities = [LocalityLbEndpoints(lb_endpoints=servers)] if servers else []
    return ClusterLoadAssignment(cluster_name=name, endpoints=localities)


def taking(group: ServerGroup) -> Sequence[Server]:
    """Return the servers whose weight lets them take connections."""
    return [server for server in group.servers if server.weight > 0]


def has_host_names(group: ServerGroup) -> bool:
    """Tell whether the engine has to look servers up, which it does for whole clusters only."""
    return any(not is_ip_address(server.address) for server in taking(group))


def _add_servers(cluster: Cluster, group: ServerGroup) -> None:
    if not has_host_names(group):
        cluster.type = Cluster.EDS
        cluster.eds_cluster_config.CopyFrom(
            Cluster.EdsClusterConfig(eds_config=ads_source(), service_name=cluster.name)
        )
        return
    cluster.load_assignment.CopyFrom(build_endpoints(cluster.name, group))
    # A name that nobody answers for must not hold up the listeners of a starting node.
    cluster.wait_for_warm_on_init.value = False
    cluster.cluster_type.name = "envoy.clusters.dns"
    cluster.cluster_type.typed_config.CopyFrom(packed(_looked_up()))


def _looked_up() -> DnsCluster:
    failing = DnsCluster.RefreshRate(
        base_interval=Duration(seconds=FIRST_RETRY_SECONDS), max_interval=Duration(seconds=LAST_RETRY_SECONDS)
    )
    return DnsCluster(respect_dns_ttl=True, dns_failure_refresh_rate=failing, dns_lookup_family=V4_PREFERRED)


def _endpoint(server: Server, group: ServerGroup) -> LbEndpoint:
    endpoint = Endpoint(address=socket_address(server.address, server.port))
    check = group.health_check
    if check is not None:
        if check.port:
            endpoint.health_check_config.port_value = check.port
        if check.protocol != "TCP" and not check.host:
            endpoint.health_check_config.hostname = server.address
    return LbEndpoint(endpoint=endpoint, load_balancing_weight=UInt32Value(value=weight_of(server.weight, group)))


@lru_cache
def _http_options(*, is_grpc: bool) -> AnyMessage:
    explicit = HttpProtocolOptions.ExplicitHttpConfig(http_protocol_options=Http1ProtocolOptions())
    if is_grpc:
        explicit = HttpProtocolOptions.ExplicitHttpConfig(http2_protocol_options=Http2ProtocolOptions())
    common = CommonOptions(idle_timeout=Duration(seconds=IDLE_SECONDS))
    return packed(HttpProtocolOptions(common_http_protocol_options=common, explicit_http_config=explicit))


def _secure(cluster: Cluster, listener: Listener, group: ServerGroup, authority: str) -> None:
    socket = proxied() if listener.proxy_protocol else secured(group, taking(group), authority)
    if socket is not None:
        cluster.transport_socket.CopyFrom(socket)
    cluster.transport_socket_matches.extend(matches_for_checks(group))


def _no_caps() -> CircuitBreakers:
    cap = UInt32Value(value=NO_CAP)
    thresholds = CircuitBreakers.Thresholds(
        max_connections=cap, max_pending_requests=cap, max_requests=cap, max_retries=cap
    )
    return CircuitBreakers(thresholds=[thresholds])
