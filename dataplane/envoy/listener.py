"""Listeners of TCP: of TLS connections, and of those that are served from their first byte."""

from envoy.config.core.v3.address_pb2 import Address, SocketAddress
from envoy.config.listener.v3 import listener_pb2
from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from dataplane.envoy.chains import NamesBySecrets, add_chains, chain_pattern
from dataplane.envoy.filters import CLIENT_BUFFER_BYTES, access_log, listener_filters, network_filters
from dataplane.envoy.tls import context_template
from dataplane.snapshot import Listener

HELLO_SECONDS = 5


def build_listener(listener: Listener, default_secret: str, chains: NamesBySecrets) -> listener_pb2.Listener:
    """Return the engine's listener of TLS connections."""
    message = listener_pb2.Listener(
        listener_filters=listener_filters(),
        listener_filters_timeout=Duration(seconds=HELLO_SECONDS),
        continue_on_listener_filters_timeout=False,
    )
    message.MergeFrom(_bare_listener(listener))
    add_chains(message, chain_pattern(context_template(listener), network_filters(listener)), default_secret, chains)
    return message


def build_plain_listener(listener: Listener) -> listener_pb2.Listener:
    """Return the engine's listener of TCP connections without TLS, served from their first byte."""
    message = _bare_listener(listener)
    message.default_filter_chain.CopyFrom(FilterChain(name="default", filters=network_filters(listener)))
    return message


def _bare_listener(listener: Listener) -> listener_pb2.Listener:
    return listener_pb2.Listener(
        name=listener.id,
        stat_prefix=listener.id,
        address=socket_address(listener.address, listener.port),
        per_connection_buffer_limit_bytes=UInt32Value(value=CLIENT_BUFFER_BYTES),
        enable_reuse_port=BoolValue(value=True),
        drain_type=listener_pb2.Listener.MODIFY_ONLY,
        access_log=[access_log(listener)],
    )


def socket_address(address: str, port: int) -> Address:
    """Return an address of either family."""
    return Address(socket_address=SocketAddress(address=address, port_value=port))
