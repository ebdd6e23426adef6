"""What connections came to: the engine's access log as totals for each listener.

One entry for each connection, when it ends. Entries that the engine could not deliver are lost; connections never
wait for them.
"""

import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dataplane.envoy.listener import HANDSHAKE_SECONDS, HELLO_SECONDS
from dataplane.observed_handshakes import HandshakeCounts
from dataplane.xds.accesslog import Connection

PROBE_MEMORY_SECONDS = 60.0
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


@dataclass(slots=True)
class Totals:
    """The figures of one listener since it exists, on this node."""

    handshakes: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    bytes_received: int = 0
    bytes_sent: int = 0


class ProbeSources:
    """The places that our own handshakes come from, so that they count in no statistic."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, int], float] = {}

    def announce(self, source: tuple[str, int]) -> None:
        """Remember a source before it connects."""
        now = time.monotonic()
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until[source] = now + PROBE_MEMORY_SECONDS

    def claim(self, source: tuple[str, int]) -> bool:
        """Tell whether a connection from ``source`` was ours; each one is claimed once."""
        return self._until.pop(source, 0.0) > time.monotonic()


class AccessLog:
    """Add up access log entries; totals only grow."""

    def __init__(self, probes: ProbeSources) -> None:
        self._probes = probes
        self.totals: dict[str, Totals] = {}
        self.changed: set[str] = set()
        self.handshakes = HandshakeCounts()

    def seed(self, totals: Mapping[str, Totals]) -> None:
        """Go on from the totals that were kept before this process started, adding what came in meanwhile."""
        for listener_id, kept in totals.items():
            now = self.totals.setdefault(listener_id, Totals())
            now.handshakes += kept.handshakes
            now.failures.update(kept.failures)
            now.bytes_received += kept.bytes_received
            now.bytes_sent += kept.bytes_sent

    def record(self, listener_id: str, connections: Sequence[Connection]) -> None:
        """Count connections that have ended."""
        for connection in connections:
            if not self._probes.claim((connection.client_address, connection.client_port)):
                self._count(listener_id, connection)

    def _count(self, listener_id: str, connection: Connection) -> None:
        totals = self.totals.setdefault(listener_id, Totals())
        reason = failure_reason(connection)
        if reason:
            totals.failures[reason] += 1
        if reason in {"", NO_SERVER}:
            totals.handshakes += 1
            self.handshakes.count(listener_id, connection)
        totals.bytes_received += connection.bytes_received
        totals.bytes_sent += connection.bytes_sent
        self.changed.add(listener_id)


def failure_reason(connection: Connection) -> str:
    """Return the stable code of why a connection failed, empty when its handshake succeeded and a server took it."""
    reason = reason_of(connection.failure)
    if reason:
        return reason
    if "rate_limited" in connection.flags:
        return RATE_LIMITED
    if not connection.tls_version:
        # The engine's time limits end a connection without a word on why.
        return HANDSHAKE_TIMEOUT if connection.seconds > SHORTEST_LIMIT_SECONDS else CLIENT_CLOSED
    return "" if SERVER_FLAGS.isdisjoint(connection.flags) else NO_SERVER


def reason_of(text: str) -> str:
    """Return the stable code of what the TLS library says, empty where it says nothing that is known."""
    return next((reason for pattern, reason in REASONS if pattern.search(text)), "")
