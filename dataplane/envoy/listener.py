"""A listener: one filter chain for each set of certificates, and one for all other names."""

from collections.abc import Mapping, Sequence

from envoy.config.core.v3.address_pb2 import Address, SocketAddress
from envoy.config.listener.v3 import listener_pb2
from envoy.config.listener.v3.listener_components_pb2 import Filter, FilterChain, FilterChainMatch
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from dataplane.envoy.filters import BUFFER_BYTES, access_log, listener_filters, network_filters
from dataplane.envoy.tls import context_template, transport_socket
from dataplane.snapshot import Listener
from listeners.tls_policies import TlsPolicy

HELLO_SECONDS = 5
HANDSHAKE_SECONDS = 5

# Names by the secrets that serve them, such as {("listener/lsn-1/7",): ("a.test", "*.b.test")}.
NamesBySecrets = Mapping[tuple[str, ...], Sequence[str]]


def build_listener(
    listener: Listener, policy: TlsPolicy, default_secret: str, chains: NamesBySecrets
) -> listener_pb2.Listener:
    """Return the engine's listener."""
    template = context_template(listener, policy)
    filters = network_filters(listener)
    return listener_pb2.Listener(
        name=listener.id,
        stat_prefix=listener.id,
        address=socket_address(listener.address, listener.port),
        filter_chains=[_named_chain(template, filters, secrets, names) for secrets, names in chains.items()],
        default_filter_chain=_chain("default", template, filters, (default_secret,)),
        listener_filters=listener_filters(),
        listener_filters_timeout=Duration(seconds=HELLO_SECONDS),
        continue_on_listener_filters_timeout=False,
        per_connection_buffer_limit_bytes=UInt32Value(value=BUFFER_BYTES),
        enable_reuse_port=BoolValue(value=True),
        drain_type=listener_pb2.Listener.MODIFY_ONLY,
        access_log=[access_log(listener)],
    )


def socket_address(address: str, port: int) -> Address:
    """Return an address of either family."""
    return Address(socket_address=SocketAddress(address=address, port_value=port))


def _named_chain(
    template: DownstreamTlsContext, filters: Sequence[Filter], secrets: tuple[str, ...], names: Sequence[str]
) -> FilterChain:
    chain = _chain("+".join(secret.rpartition("/")[2] for secret in secrets), template, filters, secrets)
    chain.filter_chain_match.CopyFrom(FilterChainMatch(server_names=names))
    return chain


def _chain(
    name: str, template: DownstreamTlsContext, filters: Sequence[Filter], secrets: tuple[str, ...]
) -> FilterChain:
    return FilterChain(
        name=name,
        filters=filters,
        transport_socket=transport_socket(template, secrets),
        transport_socket_connect_timeout=Duration(seconds=HANDSHAKE_SECONDS),
    )
