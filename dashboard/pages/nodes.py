"""The nodes: which machines serve, and how far each has followed the change feed."""

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from events.feed import newest_change_id
from listeners.models import NodeStatus

# A node writes its row every few seconds; silent for this long, it is gone.
SILENT_AFTER = dt.timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as the table shows it; ``behind`` counts the changes that it has not followed yet."""

    status: NodeStatus
    is_silent: bool
    behind: int


def node_rows() -> list[NodeRow]:
    """Return every node, by name."""
    newest = newest_change_id()
    earliest = timezone.now() - SILENT_AFTER
    return [
        NodeRow(status, status.seen_at < earliest, max(0, newest - status.change_cursor))
        for status in NodeStatus.objects.order_by("node")
    ]


@require_safe
def node_list(request: HttpRequest) -> HttpResponse:
    """List the nodes."""
    return render(request, "dashboard/nodes.html", {"rows": node_rows()})
