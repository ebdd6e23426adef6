"""Why connections fail: what the engine and its TLS library say, as stable codes."""

import re

from dataplane.envoy.chains import HANDSHAKE_SECONDS
from dataplane.envoy.listener import HELLO_SECONDS
from dataplane.xds.accesslog import Connection

SHORTEST_LIMIT_SECONDS = min(HELLO_SECONDS, HANDSHAKE_SECONDS) - 0.1

# Stable reasons, by what the engine says of a failed handshake; the first match counts. The texts are BoringSSL's
# reason codes and its certificate verification errors.
REASONS = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "no-client-certificate"),
        ("certificate has expired", "certificate-expired"),
        ("certificate is not yet valid", "certificate-not-yet-valid"),
        ("certificate revoked", "certificate-revoked"),
        ("CRL has expired", "list-expired"),
        ("unable to get certificate CRL|[Dd]ifferent CRL scope", "no-list"),
        ("unsupported certificate purpose", "certificate-purpose"),
        ("unable to get (local )?issuer|self.signed|unable to verify|invalid CA", "unknown-ca"),
        ("CERTIFICATE_VERIFY_FAILED", "certificate-refused"),
        ("UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|INAPPROPRIATE_FALLBACK", "protocol-version"),
        ("NO_SHARED_CIPHER|WRONG_CURVE|NO_SHARED_GROUP|NO_COMMON_SIGNATURE_ALGORITHMS", "no-shared-cipher"),
        ("NO_APPLICATION_PROTOCOL", "no-shared-alpn"),
        ("HTTP_REQUEST|HTTPS_PROXY_REQUEST|WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL", "not-tls"),
        ("ALERT|BAD_PACKET_LENGTH", "refused-by-client"),  # an alert that cannot be read is one in plain text
        ("TLS_error", "tls-error"),
    )
)
CLIENT_CLOSED = "client-closed"
RATE_LIMITED = "connection-limit"
NO_SERVER = "no-server"  # the handshake succeeded and no server took the connection
HANDSHAKE_TIMEOUT = "handshake-timeout"
SERVER_FLAGS = frozenset({"no_healthy_upstream", "upstream_connection_failure", "upstream_retry_limit_exceeded"})


def failure_reason(connection: Connection) -> str:
    """Return the stable code of why a connection failed, empty when its handshake succeeded and a server took it."""
    reason = reason_of(connection.failure)
    if reason:
        return reason
    if "rate_limited" in connection.flags:
        return RATE_LIMITED
    if not connection.is_plain and not connection.has_handshake:
        # The engine's time limits end a connection without a word on why.
        return HANDSHAKE_TIMEOUT if connection.seconds > SHORTEST_LIMIT_SECONDS else CLIENT_CLOSED
    return "" if SERVER_FLAGS.isdisjoint(connection.flags) else NO_SERVER


def reason_of(text: str) -> str:
    """Return the stable code of what the TLS library says, empty where it says nothing that is known."""
    return next((reason for pattern, reason in REASONS if pattern.search(text)), "")
