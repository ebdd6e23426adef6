"""How requests are read and answered: the HTTP connection manager, and what it is made of.

It travels apart from the listener (as a discovered extension), for two reasons. Its filter chains stay small, and a
chain more among thousands costs what the chains weigh. And a setting of requests that changes is for new connections:
no open one ends. What rules, server groups and timeouts of requests change travels apart again, as routes.
"""

from collections.abc import Sequence
from functools import cache, lru_cache

from envoy.config.core.v3.config_source_pb2 import ExtensionConfigSource
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.core.v3.protocol_pb2 import Http1ProtocolOptions, Http2ProtocolOptions, HttpProtocolOptions
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import (
    HttpConnectionManager,
    HttpFilter,
    Rds,
)
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from dataplane.envoy.client_address import request_address
from dataplane.envoy.clients import is_observing, request_filters
from dataplane.envoy.compression import compression_filters
from dataplane.envoy.headers import judge_headers
from dataplane.envoy.local_replies import local_replies
from dataplane.envoy.request_log import request_logs
from dataplane.envoy.resources import packed
from dataplane.envoy.retries import retry_filter
from dataplane.envoy.rule_filters import rule_filters
from dataplane.envoy.stickiness import session_filters
from dataplane.envoy.tls import ads_source
from dataplane.snapshot import Listener
from listeners.forwarded_headers import ForwardedHeaders

HEADERS_SECONDS = 5  # for all headers of a request: whoever sends them one by one is cut off
# Of a request that has no route yet; the routes have the listener's own.
STREAM_IDLE_SECONDS = 60
LONGEST_HEADERS_KIB = 60  # then 431
MOST_HEADERS = 200  # a browser sends each cookie as one over HTTP/2
# The engine's advice for edges: a client can have this much in flight and no more.
STREAMS_AT_ONCE = 100
STREAM_WINDOW_BYTES = 64 * 1024
CONNECTION_WINDOW_BYTES = 1024 * 1024


def is_discovered(listener: Listener) -> bool:
    """Tell whether what reads requests travels apart from ``listener``: of QUIC the engine wants it in the chain."""
    return listener.is_http and listener.protocol != "QUIC"


def reader(listener: Listener) -> Filter:
    """Return the filter of ``listener`` that reads requests, or that has the engine ask for it by the listener's id."""
    if not is_discovered(listener):
        return Filter(name=MANAGER, typed_config=packed(connection_manager(listener)))
    return Filter(name=listener.id, config_discovery=_discovery())


def manager_resource(listener: Listener) -> TypedExtensionConfig:
    """Return what the engine is told when it asks for the filter that reads requests."""
    return TypedExtensionConfig(name=listener.id, typed_config=packed(connection_manager(listener)))


def connection_manager(listener: Listener) -> HttpConnectionManager:
    """Return how ``listener`` reads requests and writes answers."""
    manner = _manner(
        _codec(listener), listener.idle_timeout_seconds, listener.forwarded, observes=is_observing(listener)
    )
    manager = HttpConnectionManager()
    manager.CopyFrom(manner)
    manager.stat_prefix = manager.rds.route_config_name = listener.id
    # A request of HTTP/1.0 need not name a host.
    host = f"[{listener.address}]" if ":" in listener.address else listener.address
    manager.http_protocol_options.default_host_for_http_10 = host
    manager.access_log.extend(request_logs(listener))
    return manager


@lru_cache
def _manner(
    codec: "HttpConnectionManager.CodecType.ValueType",
    idle_seconds: int,
    forwarded: ForwardedHeaders,
    *,
    observes: bool,
) -> HttpConnectionManager:
    """Return what many listeners have in common, so that thousands of them are not built from nothing."""
    manager = HttpConnectionManager(
        codec_type=codec,
        rds=Rds(config_source=ads_source()),
        http_filters=_filters(forwarded, observes=observes),
        common_http_protocol_options=_common_options(idle_seconds),
        http_protocol_options=Http1ProtocolOptions(accept_http_10=True),
        http2_protocol_options=_http2_options(),
        request_headers_timeout=Duration(seconds=HEADERS_SECONDS),
        stream_idle_timeout=Duration(seconds=STREAM_IDLE_SECONDS),
        max_request_headers_kb=UInt32Value(value=LONGEST_HEADERS_KIB),
        upgrade_configs=[HttpConnectionManager.UpgradeConfig(upgrade_type="websocket")],
        local_reply_config=local_replies(),
        # Clients see the servers, not what is between.
        server_header_transformation=HttpConnectionManager.PASS_THROUGH,
        generate_request_id=BoolValue(value=False),
        # So that no rule is passed by with "/x/../". Doubled slashes stay: for an object store they are a name.
        normalize_path=BoolValue(value=True),
    )
    judge_headers(manager, forwarded)
    return manager


MANAGER = "envoy.filters.network.http_connection_manager"
_MANAGER_TYPE = packed(HttpConnectionManager()).type_url


@cache
def _discovery() -> ExtensionConfigSource:
    return ExtensionConfigSource(config_source=ads_source(), type_urls=[_MANAGER_TYPE])


def _codec(listener: Listener) -> "HttpConnectionManager.CodecType.ValueType":
    if listener.protocol == "QUIC":
        return HttpConnectionManager.HTTP3
    return HttpConnectionManager.AUTO if listener.http2 else HttpConnectionManager.HTTP1


def _filters(forwarded: ForwardedHeaders, *, observes: bool) -> Sequence[HttpFilter]:
    """Return the filters in the order in which they see a request; they see the answer in the opposite order."""
    router = HttpFilter(name="envoy.filters.http.router", typed_config=packed(Router(suppress_envoy_headers=True)))
    rules, sessions = rule_filters(), session_filters()
    first = [*request_address(forwarded), *request_filters(observes=observes)]
    return [*first, *compression_filters(), *rules, *sessions, retry_filter(), router]


def _common_options(idle_seconds: int) -> HttpProtocolOptions:
    return HttpProtocolOptions(
        idle_timeout=Duration(seconds=idle_seconds),
        max_headers_count=UInt32Value(value=MOST_HEADERS),
        # Many servers take x_real_ip for x-real-ip, so that a client could forge what is set here.
        headers_with_underscores_action=HttpProtocolOptions.DROP_HEADER,
    )


def _http2_options() -> Http2ProtocolOptions:
    # WebSocket over HTTP/2 (RFC 8441) is not offered: it knows no Sec-WebSocket-Key, which servers of HTTP/1.1 want and
    # the engine does not make. Without the offer a browser opens a connection of HTTP/1.1.
    return Http2ProtocolOptions(
        max_concurrent_streams=UInt32Value(value=STREAMS_AT_ONCE),
        initial_stream_window_size=UInt32Value(value=STREAM_WINDOW_BYTES),
        initial_connection_window_size=UInt32Value(value=CONNECTION_WINDOW_BYTES),
    )
