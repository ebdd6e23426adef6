"""Listeners of QUIC: HTTP/3 over UDP, with the certificates, names and routes that other listeners have too."""

from envoy.config.core.v3.protocol_pb2 import QuicProtocolOptions as ProtocolOptions
from envoy.config.core.v3.udp_socket_config_pb2 import UdpSocketConfig
from envoy.config.listener.v3 import listener_pb2
from envoy.config.listener.v3.quic_config_pb2 import QuicProtocolOptions
from envoy.config.listener.v3.udp_listener_config_pb2 import UdpListenerConfig
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from dataplane.envoy.chains import HANDSHAKE_SECONDS, NamesBySecrets, add_chains, chain_pattern
from dataplane.envoy.filters import CLIENT_BUFFER_BYTES, network_filters
from dataplane.envoy.http import CONNECTION_WINDOW_BYTES, STREAM_WINDOW_BYTES, STREAMS_AT_ONCE
from dataplane.envoy.tls import SESSION_SECONDS
from dataplane.envoy.udp import datagram_address
from dataplane.snapshot import Listener

HTTP3 = "h3"
# Without any packet of the client. The listener's own timeouts end a connection without requests, and requests; this
# one must let servers think for as long as any listener can allow.
SILENCE_SECONDS = 3600


def build_quic_listener(listener: Listener, default_secret: str, chains: NamesBySecrets) -> listener_pb2.Listener:
    """Return the engine's listener of HTTP/3. Its ends of connections are in no log: the engine keeps none of QUIC."""
    message = listener_pb2.Listener(
        name=listener.id,
        stat_prefix=listener.id,
        address=datagram_address(listener.address, listener.port),
        udp_listener_config=UdpListenerConfig(
            quic_options=_options(),
            downstream_socket_config=UdpSocketConfig(prefer_gro=BoolValue(value=True)),
        ),
        per_connection_buffer_limit_bytes=UInt32Value(value=CLIENT_BUFFER_BYTES),
        enable_reuse_port=BoolValue(value=True),
        drain_type=listener_pb2.Listener.MODIFY_ONLY,
    )
    add_chains(message, chain_pattern(_context(), network_filters(listener), quic=True), default_secret, chains)
    return message


def _context() -> DownstreamTlsContext:
    """Return the TLS of QUIC: version 1.3 with the engine's suites; there is no policy to choose."""
    context = DownstreamTlsContext(session_timeout=Duration(seconds=SESSION_SECONDS))
    context.common_tls_context.alpn_protocols.append(HTTP3)
    return context


def _options() -> QuicProtocolOptions:
    """Return what is equal for all listeners: the engine closes every connection at once when any of it changes."""
    return QuicProtocolOptions(
        quic_protocol_options=ProtocolOptions(
            max_concurrent_streams=UInt32Value(value=STREAMS_AT_ONCE),
            initial_stream_window_size=UInt32Value(value=STREAM_WINDOW_BYTES),
            initial_connection_window_size=UInt32Value(value=CONNECTION_WINDOW_BYTES),
        ),
        idle_timeout=Duration(seconds=SILENCE_SECONDS),
        crypto_handshake_timeout=Duration(seconds=HANDSHAKE_SECONDS),
    )
