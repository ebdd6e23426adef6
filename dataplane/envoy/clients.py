"""What is asked of clients under mutual authentication, and what the engine tells of them.

Enforce: the handshake is refused without a valid certificate. Observe: every client is let in, and a shadow rule, which
decides nothing, notes whether the engine holds the client's certificate for valid.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.config.rbac.v3.rbac_pb2 import RBAC, Permission, Policy, Principal
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2 as http_rbac_pb2
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter
from envoy.extensions.filters.network.rbac.v3 import rbac_pb2 as network_rbac_pb2
from envoy.extensions.rbac.principals.mtls_authenticated.v3.mtls_authenticated_pb2 import Config as Validated
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import CertificateValidationContext
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import SdsSecretConfig
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import CommonTlsContext, DownstreamTlsContext
from envoy.type.tracing.v3.custom_tag_pb2 import CustomTag

from dataplane.envoy.resources import packed
from dataplane.snapshot import Listener

OBSERVE = "observe"
NETWORK_RULES = "envoy.filters.network.rbac"
HTTP_RULES = "envoy.filters.http.rbac"
PREFIX = "client_"  # of what these shadow rules note, so that other rules can note theirs
VERDICT = f"{PREFIX}shadow_effective_policy_id"
# What the engine can say of a client; the words that servers get in clientverify.
SUCCESS, FAILED, NONE = "SUCCESS", "FAILED", "NONE"

# The CEL expression connection.mtls: the client showed a certificate, be it valid or not.
_HAS_CERTIFICATE = {"select_expr": {"operand": {"ident_expr": {"name": "connection"}}, "field": "mtls"}}

# The names under which the access log carries what a client showed.
CERTIFICATE_TAG, FINGERPRINT_TAG, VERDICT_TAG = "client-certificate", "client-sha256", "client-verdict"


def is_observing(listener: Listener) -> bool:
    """Tell whether ``listener`` asks clients for certificates and lets everybody in."""
    return listener.mutual_authentication and listener.mutual_mode == OBSERVE


def ask_for_certificate(context: DownstreamTlsContext, listener: Listener, authority: SdsSecretConfig) -> None:
    """Have clients of ``context`` be asked for a certificate of ``authority``, as the listener wants it."""
    if not is_observing(listener):
        context.require_client_certificate.value = True
        context.common_tls_context.validation_context_sds_secret_config.CopyFrom(authority)
        return
    tolerant = CertificateValidationContext(trust_chain_verification=CertificateValidationContext.ACCEPT_UNTRUSTED)
    context.common_tls_context.combined_validation_context.CopyFrom(
        CommonTlsContext.CombinedCertificateValidationContext(
            default_validation_context=tolerant, validation_context_sds_secret_config=authority
        )
    )
    # The engine does not verify on resumption: a good client would be told from a bad one on its first visit only.
    context.disable_stateless_session_resumption = True
    context.disable_stateful_session_resumption = True


def connection_filters(listener: Listener) -> list[Filter]:
    """Return what must be first in a filter chain, so that the end of each connection tells the engine's verdict."""
    if not is_observing(listener):
        return []
    config = network_rbac_pb2.RBAC(stat_prefix="client", shadow_rules=verdict_rules(), shadow_rules_stat_prefix=PREFIX)
    return [Filter(name=NETWORK_RULES, typed_config=packed(config))]


def request_filters(*, observes: bool) -> list[HttpFilter]:
    """Return what must be first among the HTTP filters, so that routes can tell servers the engine's verdict."""
    if not observes:
        return []
    config = http_rbac_pb2.RBAC(shadow_rules=verdict_rules(), shadow_rules_stat_prefix=PREFIX)
    return [HttpFilter(name=HTTP_RULES, typed_config=packed(config))]


@cache
def verdict_rules() -> RBAC:
    """Return rules whose first match, in the order of their names, is what the engine makes of the client."""
    validated = Principal(custom={"name": "validated", "typed_config": packed(_any_validated())})
    not_validated = Principal(not_id=validated)
    return RBAC(
        action=RBAC.ALLOW,
        policies={
            FAILED: _policy(not_validated, condition=_HAS_CERTIFICATE),
            NONE: _policy(not_validated),
            SUCCESS: _policy(Principal(any=True)),
        },
    )


def client_tags(listener: Listener) -> list[CustomTag]:
    """Return what the access log says of clients, nothing where none is asked for a certificate."""
    if not listener.mutual_authentication:
        return []
    values: Mapping[str, str] = {
        FINGERPRINT_TAG: "%DOWNSTREAM_PEER_FINGERPRINT_256%",
        CERTIFICATE_TAG: "%DOWNSTREAM_PEER_CERT%",
    }
    if is_observing(listener):
        values = {**values, VERDICT_TAG: f"%DYNAMIC_METADATA({NETWORK_RULES}:{VERDICT})%"}
    return [CustomTag(tag=tag, value=value) for tag, value in values.items()]


def _any_validated() -> Validated:
    return Validated(any_validated_client_certificate=True)


def _policy(principal: Principal, **condition: Any) -> Policy:
    return Policy(permissions=[Permission(any=True)], principals=[principal], **condition)
