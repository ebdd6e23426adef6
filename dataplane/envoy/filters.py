"""The filters of a listener: the TLS inspector, the connection rate limit, what reads it, the access log."""

from collections.abc import Sequence
from functools import cache

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog
from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.config.core.v3.grpc_service_pb2 import GrpcService
from envoy.config.listener.v3.listener_components_pb2 import Filter, ListenerFilter
from envoy.extensions.access_loggers.grpc.v3.als_pb2 import CommonGrpcAccessLogConfig, TcpGrpcAccessLogConfig
from envoy.extensions.filters.listener.tls_inspector.v3.tls_inspector_pb2 import TlsInspector
from envoy.extensions.filters.network.local_ratelimit.v3.local_rate_limit_pb2 import LocalRateLimit
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy, UpstreamConnectMode
from envoy.type.tracing.v3.custom_tag_pb2 import CustomTag
from envoy.type.v3.token_bucket_pb2 import TokenBucket
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import UInt32Value

from dataplane.envoy.balancing import tuple_filter
from dataplane.envoy.client_address import connection_address
from dataplane.envoy.clients import client_tags, connection_filters
from dataplane.envoy.http import reader
from dataplane.envoy.names import XDS_CLUSTER
from dataplane.envoy.resources import packed
from dataplane.snapshot import Listener

CLIENT_BUFFER_BYTES = 32 * 1024
CONNECT_ATTEMPTS = 3
PROTOCOL_TAG = "protocol"  # under which the access log carries what the listener speaks
LOG_BUFFER_BYTES = 64 * 1024
LOG_FLUSH_SECONDS = 1


@cache
def listener_filters() -> Sequence[ListenerFilter]:
    """Read the client's hello for the server name, before a filter chain is chosen."""
    return (ListenerFilter(name="envoy.filters.listener.tls_inspector", typed_config=packed(TlsInspector())),)


def network_filters(listener: Listener) -> list[Filter]:
    """Return what every filter chain of ``listener`` does with a connection."""
    return [*_limits(listener), *connection_filters(listener), *_last(listener)]


def _limits(listener: Listener) -> list[Filter]:
    if not listener.connections_per_second:
        return []
    return [Filter(name="envoy.filters.network.local_ratelimit", typed_config=packed(_rate_limit(listener)))]


def _last(listener: Listener) -> list[Filter]:
    """Return what reads the connection: requests one by one, or all of it as it comes."""
    if not listener.is_http:
        proxy = Filter(name="envoy.filters.network.tcp_proxy", typed_config=packed(_tcp_proxy(listener)))
        return [tuple_filter(), proxy] if listener.hashes_tuples else [proxy]
    return [*connection_address(listener), reader(listener)]


def _tcp_proxy(listener: Listener) -> TcpProxy:
    proxy = TcpProxy(
        stat_prefix=listener.id,
        cluster=listener.id,
        idle_timeout=Duration(seconds=listener.idle_timeout_seconds),
        max_connect_attempts=UInt32Value(value=CONNECT_ATTEMPTS),
    )
    if listener.is_encrypted:
        # A client that is refused in the handshake must never reach a server. Without one the server may speak first.
        proxy.upstream_connect_mode = UpstreamConnectMode.ON_DOWNSTREAM_TLS_HANDSHAKE
        proxy.max_early_data_bytes.value = CLIENT_BUFFER_BYTES
    return proxy


def _rate_limit(listener: Listener) -> LocalRateLimit:
    rate = listener.connections_per_second
    return LocalRateLimit(
        stat_prefix=listener.id,
        # Without the common key each filter chain would count for itself.
        share_key=listener.id,
        token_bucket=TokenBucket(
            max_tokens=rate, tokens_per_fill=UInt32Value(value=rate), fill_interval=Duration(seconds=1)
        ),
    )


def access_log(listener: Listener) -> AccessLog:
    """Report the end of each connection to the node; a full buffer drops entries, never connections."""
    config = TcpGrpcAccessLogConfig()
    config.CopyFrom(_reports(listener.protocol))
    config.common_config.log_name = listener.id
    config.common_config.custom_tags.extend(client_tags(listener))
    return AccessLog(name="envoy.access_loggers.tcp_grpc", typed_config=packed(config))


@cache
def _reports(protocol: str) -> TcpGrpcAccessLogConfig:
    tag = CustomTag(tag=PROTOCOL_TAG, literal=CustomTag.Literal(value=protocol))
    service = GrpcService(envoy_grpc=GrpcService.EnvoyGrpc(cluster_name=XDS_CLUSTER))
    common = CommonGrpcAccessLogConfig(
        grpc_service=service,
        transport_api_version=ApiVersion.V3,
        buffer_flush_interval=Duration(seconds=LOG_FLUSH_SECONDS),
        buffer_size_bytes=UInt32Value(value=LOG_BUFFER_BYTES),
        custom_tags=[tag],
    )
    return TcpGrpcAccessLogConfig(common_config=common)
