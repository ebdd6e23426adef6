"""Listeners of UDP: datagrams are passed on as they come, session by session.

A session is all datagrams between one address and port of a client and one server. It holds a socket of its own
towards the server, and the engine dies when it can open no more of them; so sessions are bounded for each listener.
"""

from collections.abc import Iterator

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog, AccessLogFilter, ComparisonFilter, DurationFilter
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.address_pb2 import Address, SocketAddress
from envoy.config.core.v3.base_pb2 import RuntimeUInt32
from envoy.config.core.v3.udp_socket_config_pb2 import UdpSocketConfig
from envoy.config.listener.v3 import listener_pb2
from envoy.config.listener.v3.listener_components_pb2 import ListenerFilter
from envoy.config.listener.v3.udp_listener_config_pb2 import UdpListenerConfig
from envoy.extensions.filters.udp.udp_proxy.v3.route_pb2 import Route
from envoy.extensions.filters.udp.udp_proxy.v3.udp_proxy_pb2 import UdpProxyConfig
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue, UInt64Value
from xds.core.v3.extension_pb2 import TypedExtensionConfig
from xds.type.matcher.v3.matcher_pb2 import Matcher

from dataplane.envoy.filters import access_log
from dataplane.envoy.resources import Problem, packed
from dataplane.snapshot import Listener

# The engine's default of 1,500 bytes drops what was sent in fragments, such as large answers of a name server.
LONGEST_DATAGRAM = 65_535


def build_udp_listener(listener: Listener) -> listener_pb2.Listener:
    """Return the engine's listener of UDP sessions."""
    proxy = ListenerFilter(name="envoy.filters.udp_listener.udp_proxy", typed_config=packed(_udp_proxy(listener)))
    return listener_pb2.Listener(
        name=listener.id,
        stat_prefix=listener.id,
        address=datagram_address(listener.address, listener.port),
        udp_listener_config=UdpListenerConfig(downstream_socket_config=_socket_config()),
        listener_filters=[proxy],
        enable_reuse_port=BoolValue(value=True),
    )


def datagram_address(address: str, port: int) -> Address:
    """Return an address of UDP, of either family."""
    return Address(socket_address=SocketAddress(protocol=SocketAddress.UDP, address=address, port_value=port))


def adapt_cluster(cluster: Cluster, listener: Listener) -> None:
    """Make a cluster one of UDP: with no more sessions than the engine has files for, and without proxy protocol."""
    cluster.circuit_breakers.thresholds[0].max_connections.value = listener.session_limit
    cluster.ClearField("transport_socket")


def udp_problems(listener: Listener) -> Iterator[Problem]:
    """Yield what is asked of a UDP listener and cannot be given; the rest is served."""
    if listener.protocol != "UDP":
        return
    if listener.proxy_protocol:
        yield Problem("listener", listener.id, "listener.proxy-protocol-over-udp")
    if listener.connections_per_second:
        yield Problem("listener", listener.id, "listener.rate-over-udp")


def _udp_proxy(listener: Listener) -> UdpProxyConfig:
    route = TypedExtensionConfig(name="cluster", typed_config=packed(Route(cluster=listener.id)))
    return UdpProxyConfig(
        stat_prefix=listener.id,
        matcher=Matcher(on_no_match=Matcher.OnMatch(action=route)),
        idle_timeout=Duration(seconds=listener.idle_timeout_seconds),
        # Only schedulers that hash ask for it.
        hash_policies=[UdpProxyConfig.HashPolicy(source_ip=True)],
        upstream_socket_config=_socket_config(),
        access_log=[_session_log(listener)],
    )


def _socket_config() -> UdpSocketConfig:
    return UdpSocketConfig(max_rx_datagram_size=UInt64Value(value=LONGEST_DATAGRAM))


def _session_log(listener: Listener) -> AccessLog:
    """Report the end of each session, but not each datagram that is dropped for want of one: that could be a flood."""
    log = access_log(listener)
    shortest = RuntimeUInt32(default_value=1, runtime_key="lbadmin.shortest_session_milliseconds")
    comparison = ComparisonFilter(op=ComparisonFilter.GE, value=shortest)
    log.filter.CopyFrom(AccessLogFilter(duration_filter=DurationFilter(comparison=comparison)))
    return log
