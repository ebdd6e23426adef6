"""What connections came to: the engine's access log as totals for each listener.

One entry for each connection, when it ends. Entries that the engine could not deliver are lost; connections never
wait for them.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dataplane.clients import ClientWatch
from dataplane.failures import NO_SERVER, failure_reason
from dataplane.observed_handshakes import HandshakeCounts
from dataplane.xds.accesslog import Connection

PROBE_MEMORY_SECONDS = 60.0


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
        self._over_quic: Counter[str] = Counter()

    def announce(self, source: tuple[str, int]) -> None:
        """Remember a source before it connects."""
        now = time.monotonic()
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until[source] = now + PROBE_MEMORY_SECONDS

    def claim(self, source: tuple[str, int]) -> bool:
        """Tell whether a connection from ``source`` was ours; each one is claimed once."""
        return self._until.pop(source, 0.0) > time.monotonic()

    def note_quic(self, listener_id: str) -> None:
        """Remember a handshake over QUIC, which is known by no source but as one of many."""
        self._over_quic[listener_id] += 1

    def claim_quic(self, listener_id: str, most: int) -> int:
        """Return how many of ``most`` new connections of a listener were ours; each one is claimed once."""
        claimed = min(most, self._over_quic[listener_id])
        self._over_quic[listener_id] -= claimed
        return claimed


class AccessLog:
    """Add up access log entries; totals only grow."""

    def __init__(self, probes: ProbeSources) -> None:
        self.probes = probes
        self.totals: dict[str, Totals] = {}
        self.changed: set[str] = set()
        self.handshakes = HandshakeCounts()
        self.clients = ClientWatch()

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
            if not self.probes.claim((connection.client_address, connection.client_port)):
                self._count(listener_id, connection)

    def _count(self, listener_id: str, connection: Connection) -> None:
        self.clients.record(listener_id, connection)
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
