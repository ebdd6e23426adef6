"""The nodes: which machines serve, and how far each has followed the change feed."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from events.models import Change
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
    earliest = timezone.now() - SILENT_AFTER
    newest = Coalesce(Subquery(Change.objects.order_by("-id").values("id")[:1]), 0)
    return [
        NodeRow(status, status.seen_at < earliest, max(0, status.newest_change - status.change_cursor))
        for status in NodeStatus.objects.annotate(newest_change=newest).order_by("node")
    ]


@require_safe
def node_list(request: HttpRequest) -> HttpResponse:
    """List the nodes."""
    return render(request, "dashboard/nodes.html", {"rows": node_rows()})
