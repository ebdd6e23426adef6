"""Write observations: a few short transactions each second, and none that touches configuration."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from dataplane.accesslog import Totals
from dataplane.status import Observation
from listeners.models import Listener, ListenerStatus, NodeStatus, ServedReceipt, Server, ServerHealth

T = TypeVar("T")

ROWS_AT_ONCE = 500
RECEIPTS_KEPT = 200  # of each listener
STATE_FIELDS = ("state", "desired_version", "acknowledged_version", "acknowledged_at", "problems", "updated_at")
FIGURE_FIELDS = ("handshakes", "failures", "bytes_received", "bytes_sent", "connections_active", "updated_at")


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one listener at one moment."""

    totals: Totals
    connections_active: int


@dataclass(frozen=True, slots=True)
class Health:
    """What the engine says of one server, seen through one listener."""

    listener_id: str
    server_group_id: str
    address: str
    port: int
    state: ServerHealth.State
    reason: str
    http_status: int = 0


def load_totals(node: str) -> dict[str, Totals]:
    """Return the totals that an earlier process of the node wrote, so that figures only grow."""
    rows = ListenerStatus.objects.filter(node=node)
    return {row.listener_id: _totals(row) for row in rows.iterator(chunk_size=ROWS_AT_ONCE)}


def _totals(row: ListenerStatus) -> Totals:
    totals = Totals(handshakes=row.handshakes, bytes_received=row.bytes_received, bytes_sent=row.bytes_sent)
    totals.failures.update({reason: int(count) for reason, count in row.failures.items()})
    return totals


def write_states(node: str, observations: Iterable[Observation]) -> None:
    """Write states; those of listeners that are deleted meanwhile are left out."""
    for chunk in _chunks(observations):
        rows = [
            ListenerStatus(
                listener_id=seen.listener_id,
                node=node,
                state=seen.state,
                desired_version=seen.desired_version,
                acknowledged_version=seen.acknowledged_version,
                acknowledged_at=seen.acknowledged_at,
                problems=list(seen.problems),
                updated_at=timezone.now(),
            )
            for seen in chunk
        ]
        _upsert(rows, STATE_FIELDS)


def write_figures(node: str, figures: Mapping[str, Figures]) -> None:
    """Write totals and open connections of listeners that have a state."""
    for chunk in _chunks(figures.items()):
        rows = [
            ListenerStatus(
                listener_id=listener_id,
                node=node,
                state=ListenerStatus.State.PENDING,  # only of a row that does not exist yet
                handshakes=seen.totals.handshakes,
                failures=dict(seen.totals.failures),
                bytes_received=seen.totals.bytes_received,
                bytes_sent=seen.totals.bytes_sent,
                connections_active=seen.connections_active,
                updated_at=timezone.now(),
            )
            for listener_id, seen in chunk
        ]
        _upsert(rows, FIGURE_FIELDS)


def _upsert(rows: Sequence[ListenerStatus], fields: Sequence[str]) -> None:
    with transaction.atomic():
        existing = _existing(row.listener_id for row in rows)
        ListenerStatus.objects.bulk_create(
            [row for row in rows if row.listener_id in existing],
            update_conflicts=True,
            unique_fields=["listener", "node"],
            update_fields=fields,
        )


def _existing(listener_ids: Iterable[str]) -> set[str]:
    return set(Listener.objects.filter(id__in=set(listener_ids)).values_list("id", flat=True))


def stop_others(node: str, served: set[str]) -> None:
    """Mark the listeners that this node no longer serves as stopped."""
    rows = ListenerStatus.objects.filter(node=node).exclude(state=ListenerStatus.State.STOPPED)
    gone = [row_id for row_id, listener_id in rows.values_list("id", "listener_id") if listener_id not in served]
    for chunk in _chunks(gone):
        ListenerStatus.objects.filter(id__in=chunk).update(
            state=ListenerStatus.State.STOPPED, problems=[], connections_active=0, updated_at=timezone.now()
        )


def write_health(node: str, seen: Sequence[Health]) -> None:
    """Write the health of servers; ``since`` stays until the state changes."""
    for chunk in _chunks(seen):
        with transaction.atomic():
            _write_health(node, chunk)


def _write_health(node: str, seen: Sequence[Health]) -> None:
    listeners = _existing(health.listener_id for health in seen)
    servers = {
        (server.group_id, server.address, server.port): server.pk
        for server in Server.objects.filter(group_id__in={health.server_group_id for health in seen})
    }
    known = {
        (row.server_id, row.listener_id): row
        for row in ServerHealth.objects.filter(node=node, listener_id__in=listeners)
    }
    now = timezone.now()
    rows = []
    for health in seen:
        server_id = servers.get((health.server_group_id, health.address, health.port))
        if server_id is not None and health.listener_id in listeners:
            rows.append(_health_row(node, health, server_id, known.get((server_id, health.listener_id)), now))
    ServerHealth.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["server", "listener", "node"],
        update_fields=["state", "reason", "http_status", "since"],
    )


def _health_row(node: str, health: Health, server_id: int, old: ServerHealth | None, now: datetime) -> ServerHealth:
    since = old.since if old and old.state == health.state else now
    return ServerHealth(
        server_id=server_id,
        listener_id=health.listener_id,
        node=node,
        state=health.state,
        reason=health.reason,
        http_status=health.http_status,
        since=since,
    )


def write_receipts(receipts: Sequence[ServedReceipt]) -> None:
    """Write receipts, and forget the oldest of listeners that have very many."""
    with transaction.atomic():
        existing = _existing(receipt.listener_id for receipt in receipts)
        ServedReceipt.objects.bulk_create([row for row in receipts if row.listener_id in existing])
    for listener_id in existing:
        old = ServedReceipt.objects.filter(listener_id=listener_id).order_by("-id").values_list("id", flat=True)
        oldest_kept = old[RECEIPTS_KEPT - 1 : RECEIPTS_KEPT].first()
        if oldest_kept:
            ServedReceipt.objects.filter(listener_id=listener_id, id__lt=oldest_kept).delete()


def write_node(node: str, **fields: Any) -> None:
    """Write the node's heartbeat: fields of NodeStatus."""
    NodeStatus.objects.update_or_create(node=node, defaults={**fields, "seen_at": timezone.now()})


def _chunks(items: Iterable[T]) -> Iterable[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, ROWS_AT_ONCE)):
        yield chunk
