"""The nodes: which machines serve, and how far each has followed the change feed."""

import datetime as dt
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from console.errors import ConflictError
from events.models import Change
from listeners.models import NodeStatus
from listeners.services import forget_node, node_by_name

# A node writes its row every few seconds; silent for this long, it is gone.
SILENT_AFTER = dt.timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as the table shows it; ``behind`` counts the changes that it has not followed yet."""

    status: NodeStatus
    is_silent: bool
    behind: int

    @property
    def can_be_forgotten(self) -> bool:
        """Whether it reports no more."""
        return self.is_silent or self.status.was_stopped


def node_rows() -> list[NodeRow]:
    """Return every node, by name."""
    earliest = timezone.now() - SILENT_AFTER
    newest = Coalesce(Subquery(Change.objects.order_by("-id").values("id")[:1]), 0)
    return [
        NodeRow(status, status.seen_at < earliest, max(0, status.newest_change - status.change_cursor))
        for status in NodeStatus.objects.annotate(newest_change=newest).order_by("node")
    ]


@require_http_methods(["GET", "POST"])
def node_forget(request: HttpRequest, node: str) -> HttpResponse:
    """Ask whether a node shall be forgotten, then forget it."""
    status = node_by_name(node)
    if request.method == "GET":
        return render(request, "dashboard/node_forget.html", {"node": status})
    try:
        forget_node(actor_of(request), node)
    except ConflictError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The node “%(node)s” is forgotten.") % {"node": node})
    return redirect("node-list")


@require_safe
def node_list(request: HttpRequest) -> HttpResponse:
    """List the nodes."""
    return render(request, "dashboard/nodes.html", {"rows": node_rows()})
