"""A listener: one filter chain for each set of certificates, and one for all other names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from envoy.config.core.v3.address_pb2 import Address, SocketAddress
from envoy.config.listener.v3 import listener_pb2
from envoy.config.listener.v3.listener_components_pb2 import Filter, FilterChain, FilterChainMatch
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from dataplane.envoy.filters import CLIENT_BUFFER_BYTES, access_log, listener_filters, network_filters
from dataplane.envoy.names import ticket_secret
from dataplane.envoy.tls import context_template, transport_socket
from dataplane.snapshot import Listener

HELLO_SECONDS = 5
HANDSHAKE_SECONDS = 5
CHAINS_KEPT = 20_000  # some 700 bytes each

# Names by the secrets that serve them, such as {("listener/lsn-1/7",): ("a.test", "*.b.test")}.
NamesBySecrets = Mapping[tuple[str, ...], Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Common:
    """What all filter chains of a listener have in common, serialised: equal bytes make equal chains."""

    context: bytes
    filters: tuple[bytes, ...]


def build_listener(listener: Listener, default_secret: str, chains: NamesBySecrets) -> listener_pb2.Listener:
    """Return the engine's listener of TLS connections."""
    filters = tuple(each.SerializeToString(deterministic=True) for each in network_filters(listener))
    common = _Common(context_template(listener).SerializeToString(deterministic=True), filters)
    message = listener_pb2.Listener(
        default_filter_chain=_chain("default", common, (default_secret,)),
        listener_filters=listener_filters(),
        listener_filters_timeout=Duration(seconds=HELLO_SECONDS),
        continue_on_listener_filters_timeout=False,
    )
    message.MergeFrom(_bare_listener(listener))
    message.MergeFromString(b"".join(_named_chain(common, secrets, tuple(names)) for secrets, names in chains.items()))
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


@lru_cache(maxsize=CHAINS_KEPT)
def _named_chain(common: _Common, secrets: tuple[str, ...], names: tuple[str, ...]) -> bytes:
    """Return a filter chain as the bytes of a listener that has nothing else.

    Such bytes, joined, are a listener with all of these chains (that is how protobuf merges). They are kept, so that a
    certificate more does not make 10,000 chains anew.
    """
    chain = _chain("+".join(secret.rpartition("/")[2] for secret in secrets), common, secrets)
    chain.filter_chain_match.CopyFrom(FilterChainMatch(server_names=names))
    return bytes(listener_pb2.Listener(filter_chains=[chain]).SerializeToString(deterministic=True))


def _chain(name: str, common: _Common, secrets: tuple[str, ...]) -> FilterChain:
    template = DownstreamTlsContext.FromString(common.context)
    return FilterChain(
        name=name,
        filters=[Filter.FromString(each) for each in common.filters],
        transport_socket=transport_socket(template, secrets, ticket_secret(secrets[0])),
        transport_socket_connect_timeout=Duration(seconds=HANDSHAKE_SECONDS),
    )
