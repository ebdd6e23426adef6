"""Which TLS versions and cipher suites clients use: counted by day, written with the figures, kept for a week."""

import datetime as dt
import ipaddress
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from dataplane.snapshot import LONG_AGO
from dataplane.xds.accesslog import Connection
from listeners.models import Listener, ObservedHandshake

DAYS_KEPT = 8  # a week, and the day that has begun
ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """What is counted together."""

    listener_id: str
    day: dt.date
    version: str
    cipher: str


@dataclass(slots=True)
class Tally:
    """How often it was seen, and by whom last."""

    connections: int = 0
    last_client: str | None = None
    last_seen_at: dt.datetime = LONG_AGO

    def add(self, other: "Tally") -> None:
        """Count what another has counted later."""
        self.connections += other.connections
        self.last_client = other.last_client
        self.last_seen_at = max(self.last_seen_at, other.last_seen_at)


Tallies = Mapping[Kind, Tally]


class HandshakeCounts:
    """What was counted and is not written yet."""

    def __init__(self) -> None:
        self._counts: defaultdict[Kind, Tally] = defaultdict(Tally)

    def count(self, listener_id: str, connection: Connection) -> None:
        """Count a connection whose handshake was completed."""
        if connection.tls_version:
            at = dt.datetime.fromtimestamp(connection.started_at, dt.UTC)
            kind = Kind(listener_id, at.date(), connection.tls_version, connection.tls_cipher)
            self._counts[kind].add(Tally(1, _address(connection.client_address), at))

    def pending(self) -> Tallies:
        """Return what is to be written; it stays here until it is."""
        return {
            kind: Tally(each.connections, each.last_client, each.last_seen_at) for kind, each in self._counts.items()
        }

    def written(self, tallies: Tallies) -> None:
        """Forget what was written; what was counted meanwhile stays."""
        for kind, tally in tallies.items():
            self._counts[kind].connections -= tally.connections
            if not self._counts[kind].connections:
                del self._counts[kind]


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def write_handshakes(node: str, tallies: Tallies) -> None:
    """Add to what the node has written, and forget days that are long past; the node alone writes its rows."""
    items = list(tallies.items())
    with transaction.atomic():  # all or nothing: what fails is written again
        for start in range(0, len(items), ROWS_AT_ONCE):
            _add(node, dict(items[start : start + ROWS_AT_ONCE]))


def _add(node: str, tallies: Tallies) -> None:
    listener_ids = {kind.listener_id for kind in tallies}
    existing = set(Listener.objects.filter(id__in=listener_ids).values_list("id", flat=True))
    days = {kind.day for kind in tallies}
    stored = {
        Kind(row.listener_id, row.day, row.version, row.cipher): row.connections
        for row in ObservedHandshake.objects.filter(node=node, day__in=days, listener_id__in=existing)
    }
    rows = [
        ObservedHandshake(
            listener_id=kind.listener_id,
            node=node,
            day=kind.day,
            version=kind.version,
            cipher=kind.cipher,
            connections=stored.get(kind, 0) + tally.connections,
            last_client=tally.last_client,
            last_seen_at=tally.last_seen_at,
        )
        for kind, tally in tallies.items()
        if kind.listener_id in existing
    ]
    ObservedHandshake.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["listener", "node", "day", "version", "cipher"],
        update_fields=["connections", "last_client", "last_seen_at"],
    )
    if tallies.keys() - stored.keys():  # so once a day at least
        ObservedHandshake.objects.filter(day__lte=max(days) - dt.timedelta(days=DAYS_KEPT)).delete()
