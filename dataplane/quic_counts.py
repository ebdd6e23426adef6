"""Connections of QUIC as totals for each listener, from the engine's counters: it logs no end of theirs.

The engine tells how many there were and what it sent. It does not count what QUIC clients send, nor why their
handshakes fail.
"""

from collections.abc import Mapping

from dataplane.accesslog import AccessLog, Totals
from dataplane.engine.admin import QuicCounters


class QuicCounts:
    """Add to the totals what the counters have grown by; our own handshakes count in no statistic."""

    def __init__(self, log: AccessLog) -> None:
        self._log = log
        self._last: dict[str, QuicCounters] | None = None

    def take(self, counters: Mapping[str, QuicCounters]) -> None:
        """Add the growth since the last time; what an adopted engine counted before the first time is left out."""
        last = dict(counters) if self._last is None else self._last
        for listener_id, now in counters.items():
            before = last.get(listener_id, QuicCounters())
            if now.connections < before.connections:  # the engine is another one
                before = QuicCounters()
            if now != before:
                self._add(listener_id, now.connections - before.connections, now.bytes_sent - before.bytes_sent)
        self._last = dict(counters)

    def _add(self, listener_id: str, connections: int, sent: int) -> None:
        totals = self._log.totals.setdefault(listener_id, Totals())
        totals.handshakes += connections - self._log.probes.claim_quic(listener_id, connections)
        totals.bytes_sent += max(0, sent)
        self._log.changed.add(listener_id)
