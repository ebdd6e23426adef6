"""Filter chains: one for each set of certificates, and one for all other names. They are over TCP, or over QUIC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.config.listener.v3 import listener_pb2
from envoy.config.listener.v3.listener_components_pb2 import Filter, FilterChain, FilterChainMatch
from envoy.extensions.transport_sockets.quic.v3.quic_transport_pb2 import QuicDownstreamTransport
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue

from dataplane.envoy.names import ticket_secret
from dataplane.envoy.resources import packed
from dataplane.envoy.tls import downstream_context, tls_socket

HANDSHAKE_SECONDS = 5
CHAINS_KEPT = 20_000  # some 700 bytes each

# Names by the secrets that serve them, such as {("listener/lsn-1/7",): ("a.test", "*.b.test")}.
NamesBySecrets = Mapping[tuple[str, ...], Sequence[str]]


@dataclass(frozen=True, slots=True)
class ChainPattern:
    """What all filter chains of a listener have in common, serialised: equal bytes make equal chains."""

    context: bytes
    filters: tuple[bytes, ...]
    quic: bool = False


def chain_pattern(context: DownstreamTlsContext, filters: Sequence[Filter], *, quic: bool = False) -> ChainPattern:
    """Return the pattern of chains in which ``filters`` see what comes over TLS like ``context``."""
    found = tuple(each.SerializeToString(deterministic=True) for each in filters)
    return ChainPattern(context.SerializeToString(deterministic=True), found, quic)


def add_chains(
    message: listener_pb2.Listener, pattern: ChainPattern, default_secret: str, chains: NamesBySecrets
) -> None:
    """Add a filter chain to ``message`` for each set of certificates, and the default one."""
    message.default_filter_chain.CopyFrom(_chain("default", pattern, (default_secret,)))
    named = (_named_chain(pattern, secrets, tuple(names)) for secrets, names in chains.items())
    message.MergeFromString(b"".join(named))


@lru_cache(maxsize=CHAINS_KEPT)
def _named_chain(pattern: ChainPattern, secrets: tuple[str, ...], names: tuple[str, ...]) -> bytes:
    """Return a filter chain as the bytes of a listener that has nothing else.

    Such bytes, joined, are a listener with all of these chains (that is how protobuf merges). They are kept, so that a
    certificate more does not make 10,000 chains anew.
    """
    name = "+".join(secret.rpartition("/")[2] for secret in secrets)
    chain = _chain("default-by-name" if name == "default" else name, pattern, secrets)
    chain.filter_chain_match.CopyFrom(FilterChainMatch(server_names=names))
    return bytes(listener_pb2.Listener(filter_chains=[chain]).SerializeToString(deterministic=True))


def _chain(name: str, pattern: ChainPattern, secrets: tuple[str, ...]) -> FilterChain:
    template = DownstreamTlsContext.FromString(pattern.context)
    context = downstream_context(template, secrets, ticket_secret(secrets[0]))
    chain = FilterChain(name=name, filters=[Filter.FromString(each) for each in pattern.filters])
    if pattern.quic:
        chain.transport_socket.CopyFrom(_quic_socket(context))
    else:
        chain.transport_socket.CopyFrom(tls_socket(context))
        chain.transport_socket_connect_timeout.CopyFrom(Duration(seconds=HANDSHAKE_SECONDS))
    return chain


def _quic_socket(context: DownstreamTlsContext) -> TransportSocket:
    # What a client sends before the handshake is done can be sent again by anybody: none of it is read.
    config = QuicDownstreamTransport(downstream_tls_context=context, enable_early_data=BoolValue(value=False))
    return TransportSocket(name="envoy.transport_sockets.quic", typed_config=packed(config))
