"""Failures of the data plane: what nodes and probes observed that nobody wants.

A trouble is told once for as long as it lasts: its generation is the one that is open in the ledger, and otherwise
what it began with.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.db.models import Exists, OuterRef, QuerySet

from alerts.kinds import CONFIGURATION, NODE, RECEIPT, SERVER_GROUP
from alerts.sources.candidates import Candidate
from alerts.sources.handshakes import handshake_candidates
from events.notices import open_notices
from listeners.models import Listener, ListenerStatus, NodeStatus, ServedReceipt, ServerHealth
from listeners.states import NODE_LIFETIME

# A restart takes seconds; what is not back by then is gone.
NODE_GONE_AFTER = dt.timedelta(minutes=2)
# A node's last rows say what was served when it was there, and nothing after that.
SERVERS_DOWN_AFTER = dt.timedelta(seconds=30)
State = ListenerStatus.State
Trouble = Iterable[tuple[str, str, str, dt.datetime, tuple[str, ...]]]  # id, what it began with, name, since, listeners


def serving_candidates(now: dt.datetime) -> Iterator[Candidate]:
    """Yield everything that is wrong with the data plane now."""
    yield from _lasting(RECEIPT, _receipts())
    yield from _lasting(CONFIGURATION, _configurations(now))
    yield from _lasting(NODE, _nodes(now))
    yield from _lasting(SERVER_GROUP, _server_groups(now))
    yield from handshake_candidates(now)


def _lasting(kind: str, troubles: Trouble) -> Iterator[Candidate]:
    told = dict(open_notices().filter(subject_kind=kind).values_list("subject_id", "generation"))
    for subject_id, beginning, name, since, listener_ids in troubles:
        yield Candidate(kind, subject_id, told.get(subject_id, beginning), name, since, listener_ids=listener_ids)


def wrong_receipts() -> "QuerySet[ServedReceipt]":
    """Return the newest receipt of each name of a running listener that is not as expected, oldest first.

    Those of a node that was forgotten say nothing any more.
    """
    known = NodeStatus.objects.filter(node=OuterRef("node"))
    same = {name: OuterRef(name) for name in ("listener", "node", "server_name")}
    newer = ServedReceipt.objects.filter(**same, pk__gt=OuterRef("pk"))
    running = ServedReceipt.objects.filter(is_expected=False, listener__desired=Listener.Desired.RUNNING)
    wrong = running.filter(~Exists(newer), Exists(known))
    return wrong.select_related("listener").order_by("pk")


def _receipts() -> Trouble:
    first: dict[str, ServedReceipt] = {}
    for receipt in wrong_receipts().iterator(chunk_size=500):
        first.setdefault(receipt.listener_id, receipt)
    for listener_id, receipt in first.items():
        yield listener_id, str(receipt.pk), str(receipt.listener), receipt.at, (listener_id,)


def live_nodes(now: dt.datetime) -> list[str]:
    """Return the nodes that report."""
    return list(NodeStatus.objects.filter(seen_at__gte=now - NODE_LIFETIME).values_list("node", flat=True))


def refused_statuses(now: dt.datetime) -> "QuerySet[ListenerStatus]":
    """Return what nodes that report say of running listeners whose configuration is not served as it is wanted."""
    rows = ListenerStatus.objects.filter(node__in=live_nodes(now), listener__desired=Listener.Desired.RUNNING)
    wrong = rows.exclude(problems=[], state__in=(State.RUNNING, State.PENDING)).exclude(state=State.STOPPED)
    # A listener has one owner: others are blocked by it, and that is as it should be.
    owned = rows.filter(listener=OuterRef("listener"), state=State.RUNNING)
    wrong = wrong.exclude(Exists(owned), state=State.BLOCKED)
    return wrong.select_related("listener").order_by("listener_id", "node")


def _configurations(now: dt.datetime) -> Trouble:
    told = set()
    for status in refused_statuses(now).iterator(chunk_size=500):
        if status.listener_id not in told:
            told.add(status.listener_id)
            pk, beginning = status.listener_id, status.desired_version or status.state
            yield pk, beginning, str(status.listener), status.updated_at, (pk,)


def gone_nodes(now: dt.datetime) -> "QuerySet[NodeStatus]":
    """Return the nodes that have not reported for two minutes, though nobody stopped them."""
    return NodeStatus.objects.filter(seen_at__lt=now - NODE_GONE_AFTER).exclude(problem=NodeStatus.STOPPED)


def _nodes(now: dt.datetime) -> Trouble:
    for node in gone_nodes(now).order_by("node"):
        yield node.key, node.seen_at.isoformat(), node.node, node.seen_at, ()


def _server_groups(now: dt.datetime) -> Trouble:
    """Yield the groups whose servers are all unhealthy, as one listener on one node sees them."""
    healths = ServerHealth.objects.filter(
        node__in=live_nodes(now), listener__desired=Listener.Desired.RUNNING, server__weight__gt=0
    ).select_related("server__group")
    # Groups without an unhealthy server, which is nearly all of them, are not even read.
    unhealthy = ServerHealth.objects.filter(state=ServerHealth.State.UNHEALTHY).values("server__group")
    views: defaultdict[tuple[str, str, str], list[ServerHealth]] = defaultdict(list)
    for health in healths.filter(server__group__in=unhealthy).order_by("pk"):
        views[health.server.group_id, health.listener_id, health.node].append(health)
    yield from _down(views, now)


def _down(views: dict[tuple[str, str, str], list[ServerHealth]], now: dt.datetime) -> Trouble:
    found: dict[str, tuple[str, dt.datetime]] = {}
    listeners: defaultdict[str, set[str]] = defaultdict(set)
    for (group_id, listener_id, _node), rows in views.items():
        since = max(row.since for row in rows)
        if any(row.state != ServerHealth.State.UNHEALTHY for row in rows) or since > now - SERVERS_DOWN_AFTER:
            continue
        name, earliest = found.get(group_id, (rows[0].server.group.name, since))
        found[group_id] = (name, min(since, earliest))
        listeners[group_id].add(listener_id)
    for group_id, (name, since) in found.items():
        yield group_id, since.isoformat(), name, since, tuple(sorted(listeners[group_id]))
