"""Answers to TLS-ALPN-01 (RFC 8737): filter chains that only an ACME server's handshake reaches.

The engine looks for the most specific server name first and for the application protocol within it. A name that only a
wildcard's chain serves would therefore be lost to its other clients while its challenge is there, so that chain is
repeated for the name. A name that no chain serves falls to the default chain as before.
"""

from collections.abc import Mapping, Sequence

from envoy.config.listener.v3 import listener_pb2
from envoy.config.listener.v3.listener_components_pb2 import Filter, FilterChain
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy, UpstreamConnectMode
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import TlsParameters
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import UInt32Value

from dataplane.envoy.names import challenge_secret
from dataplane.envoy.resources import SecretSource, packed
from dataplane.envoy.tls import downstream_context, tls_socket
from dataplane.snapshot import Challenge, Listener

PROTOCOL = "acme-tls/1"
# There is no such cluster: the connection ends when the handshake is done, and no server ever sees it.
NOWHERE = "acme-tls/1"
HANDSHAKE_SECONDS = 5
IDLE_SECONDS = 5
EARLY_BYTES = 1024


def add_challenges(
    message: listener_pb2.Listener, listener: Listener, challenges: Sequence[Challenge]
) -> dict[str, SecretSource]:
    """Add the chains that answer ``challenges`` to a listener; return where their certificates are found."""
    if not challenges:
        return {}
    newest = {challenge.server_name: challenge for challenge in sorted(challenges, key=lambda each: each.id)}
    chains = _by_name(message.filter_chains)
    secrets = {}
    for name, challenge in sorted(newest.items()):
        wildcard = None if name in chains else _closest_wildcard(chains, name)
        if wildcard is not None:
            message.filter_chains.append(_repeated(wildcard, name))
        secret = challenge_secret(listener.id, challenge.id)
        message.filter_chains.append(_chain(listener, name, secret))
        secrets[secret] = SecretSource("challenge", challenge.sha256, challenge_id=challenge.id)
    return secrets


def _by_name(chains: Sequence[FilterChain]) -> dict[str, FilterChain]:
    return {name: chain for chain in chains for name in chain.filter_chain_match.server_names}


def _closest_wildcard(chains: Mapping[str, FilterChain], name: str) -> FilterChain | None:
    labels = name.split(".")
    wildcards = ("*." + ".".join(labels[start:]) for start in range(1, len(labels)))
    return next((chains[wildcard] for wildcard in wildcards if wildcard in chains), None)


def _repeated(chain: FilterChain, name: str) -> FilterChain:
    repeated = FilterChain()
    repeated.CopyFrom(chain)
    repeated.name = f"{chain.name}@{name}"
    repeated.filter_chain_match.server_names[:] = [name]
    return repeated


def _chain(listener: Listener, name: str, secret: str) -> FilterChain:
    chain = FilterChain(
        name=secret.rpartition("/")[2],
        filters=[Filter(name="envoy.filters.network.tcp_proxy", typed_config=packed(_dead_end(listener)))],
        transport_socket=tls_socket(downstream_context(_context(), (secret,))),
        transport_socket_connect_timeout=Duration(seconds=HANDSHAKE_SECONDS),
    )
    chain.filter_chain_match.server_names.append(name)
    chain.filter_chain_match.application_protocols.append(PROTOCOL)
    return chain


def _dead_end(listener: Listener) -> TcpProxy:
    return TcpProxy(
        stat_prefix=listener.id,
        cluster=NOWHERE,
        idle_timeout=Duration(seconds=IDLE_SECONDS),
        upstream_connect_mode=UpstreamConnectMode.ON_DOWNSTREAM_TLS_HANDSHAKE,
        max_early_data_bytes=UInt32Value(value=EARLY_BYTES),
    )


def _context() -> DownstreamTlsContext:
    """Return what RFC 8737 asks for whatever the listener's own policy is; no client certificate is wanted."""
    context = DownstreamTlsContext(disable_stateless_session_resumption=True)
    common = context.common_tls_context
    common.alpn_protocols.append(PROTOCOL)
    common.tls_params.CopyFrom(
        TlsParameters(
            tls_minimum_protocol_version=TlsParameters.TLSv1_2, tls_maximum_protocol_version=TlsParameters.TLSv1_3
        )
    )
    return context
