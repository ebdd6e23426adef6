"""Where a listener's connections go: a cluster, and the servers in it as a resource of their own."""

from envoy.config.cluster.v3.circuit_breaker_pb2 import CircuitBreakers
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3 import health_check_pb2
from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.config.core.v3.proxy_protocol_pb2 import ProxyProtocolConfig
from envoy.config.endpoint.v3.endpoint_components_pb2 import Endpoint, LbEndpoint, LocalityLbEndpoints
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.extensions.transport_sockets.proxy_protocol.v3.upstream_proxy_protocol_pb2 import (
    ProxyProtocolUpstreamTransport,
)
from envoy.extensions.transport_sockets.raw_buffer.v3.raw_buffer_pb2 import RawBuffer
from envoy.type.v3.percent_pb2 import Percent
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from dataplane.envoy.listener import socket_address
from dataplane.envoy.resources import packed
from dataplane.envoy.tls import ads_source
from dataplane.snapshot import HealthCheck, Listener, Server, ServerGroup

CONNECT_SECONDS = 5
# What the engine takes from a server in one read: with 32 KiB a transfer costs a third more CPU. It bounds what is held
# for a client that does not read; an idle connection holds none of it.
SERVER_BUFFER_BYTES = 128 * 1024
ROUND_ROBIN = "rr"  # the scheduler that ignores weights
# The engine's own caps (1,024 of each) are for meshes; here the overload manager is the cap.
NO_CAP = 10_000_000


def build_cluster(name: str, listener: Listener, group: ServerGroup) -> Cluster:
    """Return how ``listener`` reaches ``group``; the servers travel apart, so that changing them rebuilds nothing."""
    check = group.health_check
    cluster = Cluster(
        name=name,
        type=Cluster.EDS,
        eds_cluster_config=Cluster.EdsClusterConfig(eds_config=ads_source(), service_name=name),
        connect_timeout=Duration(seconds=CONNECT_SECONDS),
        per_connection_buffer_limit_bytes=UInt32Value(value=SERVER_BUFFER_BYTES),
        lb_policy=Cluster.ROUND_ROBIN,
        circuit_breakers=_no_caps(),
        # A removed server takes no connection more, whatever its last health check said.
        ignore_health_on_host_removal=True,
    )
    # With no server healthy, all are tried: a wrong health check must not close a working service.
    cluster.common_lb_config.healthy_panic_threshold.CopyFrom(Percent(value=1))
    if check is not None:
        cluster.health_checks.append(_health_check(check))
    if listener.proxy_protocol:
        cluster.transport_socket.CopyFrom(_proxy_protocol())
    return cluster


def build_endpoints(name: str, group: ServerGroup) -> ClusterLoadAssignment:
    """Return the servers that take connections: those whose weight is not 0."""
    servers = [_endpoint(server, group) for server in group.servers if server.weight > 0]
    localities = [LocalityLbEndpoints(lb_endpoints=servers)] if servers else []
    return ClusterLoadAssignment(cluster_name=name, endpoints=localities)


def _endpoint(server: Server, group: ServerGroup) -> LbEndpoint:
    endpoint = Endpoint(address=socket_address(server.address, server.port))
    check = group.health_check
    if check is not None and check.port:
        endpoint.health_check_config.port_value = check.port
    weight = 1 if group.scheduler == ROUND_ROBIN else server.weight
    return LbEndpoint(endpoint=endpoint, load_balancing_weight=UInt32Value(value=weight))


def _health_check(check: HealthCheck) -> health_check_pb2.HealthCheck:
    interval = Duration(seconds=check.interval_seconds)
    return health_check_pb2.HealthCheck(
        timeout=Duration(seconds=check.timeout_seconds),
        interval=interval,
        # Without these the engine checks a cluster that has no traffic once a minute only.
        no_traffic_interval=interval,
        no_traffic_healthy_interval=interval,
        healthy_threshold=UInt32Value(value=check.healthy_threshold),
        unhealthy_threshold=UInt32Value(value=check.unhealthy_threshold),
        reuse_connection=BoolValue(value=False),
        tcp_health_check=health_check_pb2.HealthCheck.TcpHealthCheck(),
    )


def _proxy_protocol() -> TransportSocket:
    config = ProxyProtocolUpstreamTransport(
        config=ProxyProtocolConfig(version=ProxyProtocolConfig.V2),
        transport_socket=TransportSocket(name="envoy.transport_sockets.raw_buffer", typed_config=packed(RawBuffer())),
    )
    return TransportSocket(name="envoy.transport_sockets.upstream_proxy_protocol", typed_config=packed(config))


def _no_caps() -> CircuitBreakers:
    cap = UInt32Value(value=NO_CAP)
    thresholds = CircuitBreakers.Thresholds(
        max_connections=cap, max_pending_requests=cap, max_requests=cap, max_retries=cap
    )
    return CircuitBreakers(thresholds=[thresholds])
