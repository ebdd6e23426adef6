"""The TLS side of a filter chain: protocol versions, suites, ALPN, client certificates, session tickets."""

from collections.abc import Sequence
from functools import cache, lru_cache
from types import MappingProxyType

from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.config.core.v3.config_source_pb2 import AggregatedConfigSource, ApiVersion, ConfigSource
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import TlsParameters
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import SdsSecretConfig
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext
from google.protobuf.duration_pb2 import Duration

from dataplane.envoy.clients import ask_for_certificate
from dataplane.envoy.names import slot_secret
from dataplane.envoy.resources import packed
from dataplane.snapshot import Listener
from listeners.tls_policies import TlsPolicy

SESSION_SECONDS = 300  # how long a session may be resumed; for TLS 1.3 the rotation of the keys sees to it

# In order of preference (the cloud's ALPN policies).
ALPN = MappingProxyType(
    {
        "": (),
        "HTTP1Only": ("http/1.1", "http/1.0"),
        "HTTP2Only": ("h2",),
        "HTTP2Optional": ("http/1.1", "http/1.0", "h2"),
        "HTTP2Preferred": ("h2", "http/1.1", "http/1.0"),
    }
)
REQUESTS_ALPN = ("h2", "http/1.1")  # of listeners that read requests
_VERSIONS = MappingProxyType(
    {
        "TLSv1.0": TlsParameters.TLSv1_0,
        "TLSv1.1": TlsParameters.TLSv1_1,
        "TLSv1.2": TlsParameters.TLSv1_2,
        "TLSv1.3": TlsParameters.TLSv1_3,
    }
)
# The engine's own default, and P-384 for clients that are bound to it.
_CURVES = ("X25519", "P-256", "P-384")


def context_template(listener: Listener) -> DownstreamTlsContext:
    """Return what all filter chains of ``listener`` have in common; only the certificates are missing."""
    context = DownstreamTlsContext()
    context.CopyFrom(_usual_context(listener.policy, _application_protocols(listener)))
    slot = listener.authority_slot
    if listener.mutual_authentication and slot is not None:
        ask_for_certificate(context, listener, secret_reference(slot_secret(listener.id, slot)))
    return context


@lru_cache
def _usual_context(policy: TlsPolicy | None, protocols: tuple[str, ...]) -> DownstreamTlsContext:
    context = DownstreamTlsContext(session_timeout=Duration(seconds=SESSION_SECONDS))
    common = context.common_tls_context
    if policy is not None:
        common.tls_params.CopyFrom(_parameters(policy))
    common.alpn_protocols.extend(protocols)
    return context


def _application_protocols(listener: Listener) -> tuple[str, ...]:
    if listener.is_http:
        return REQUESTS_ALPN if listener.http2 else REQUESTS_ALPN[1:]
    return ALPN[listener.alpn_policy]


def downstream_context(
    template: DownstreamTlsContext, secrets: Sequence[str], tickets: str = ""
) -> DownstreamTlsContext:
    """Return the TLS of a filter chain that serves the named ``secrets`` with the session ticket keys named."""
    context = DownstreamTlsContext()
    context.CopyFrom(template)
    if tickets and not template.disable_stateless_session_resumption:
        context.session_ticket_keys_sds_secret_config.CopyFrom(secret_reference(tickets))
    context.common_tls_context.tls_certificate_sds_secret_configs.extend(secret_reference(name) for name in secrets)
    # The name was matched by the chain, where a wildcard takes deeper labels too. Between its certificates the engine
    # would match again, more narrowly, and give a client that matches none the first whatever its abilities.
    if len(secrets) > 1:
        context.full_scan_certs_on_sni_mismatch.value = True
    return context


def tls_socket(context: DownstreamTlsContext) -> TransportSocket:
    """Return the socket of a filter chain over TCP."""
    return TransportSocket(name="envoy.transport_sockets.tls", typed_config=packed(context))


def secret_reference(name: str) -> SdsSecretConfig:
    """Ask for a secret on the stream that everything comes by; 0 waits for it however slow the node is."""
    return SdsSecretConfig(name=name, sds_config=ads_source())


def _parameters(policy: TlsPolicy) -> TlsParameters:
    return TlsParameters(
        # A version without a suite is none; without any suite the engine would offer its own list.
        tls_minimum_protocol_version=_VERSIONS[policy.offered_versions[0]],
        tls_maximum_protocol_version=_VERSIONS[policy.offered_versions[-1]],
        cipher_suites=policy.offered_tls12_ciphers,
        ecdh_curves=_CURVES,
    )


@cache
def ads_source() -> ConfigSource:
    """Return the source of everything that is not in the start configuration."""
    return ConfigSource(
        ads=AggregatedConfigSource(), resource_api_version=ApiVersion.V3, initial_fetch_timeout=Duration(seconds=0)
    )
