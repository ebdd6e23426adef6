"""Read what the nodes observed: states, served receipts, health of servers."""

from django.utils import timezone

from console.tables import PAGE_SIZE, Page, keyset_page
from listeners.models import Listener, ListenerStatus, NodeStatus, ServedReceipt, ServerHealth
from listeners.states import NODE_LIFETIME, State, live_statuses, state_of


def nodes() -> list[NodeStatus]:
    """Return every node that ever served, by name."""
    return list(NodeStatus.objects.order_by("node"))


def live_nodes() -> frozenset[str]:
    """Return the names of the nodes that are there now."""
    seen = NodeStatus.objects.filter(seen_at__gte=timezone.now() - NODE_LIFETIME)
    return frozenset(seen.values_list("node", flat=True))


def statuses_of(listener: Listener) -> list[ListenerStatus]:
    """Return what each node knows of a listener."""
    return list(listener.statuses.order_by("node"))


def observed_state(listener: Listener, live: frozenset[str] | None = None) -> State:
    """Return how a listener is, by what the nodes say that are there now; pass ``live`` when asking for many."""
    statuses = live_statuses(listener.statuses.all(), live_nodes() if live is None else live)
    return state_of(listener.desired, [status.state for status in statuses])


def receipts_of(listener: Listener, cursor: str = "", size: int = PAGE_SIZE) -> Page[ServedReceipt]:
    """Return a page of what real handshakes with a listener returned, newest first."""
    return keyset_page(ServedReceipt.objects.filter(listener=listener), ("-id",), cursor, size)


def server_health_of(listener: Listener) -> list[ServerHealth]:
    """Return what the nodes' health checks say of the servers behind a listener."""
    rows = ServerHealth.objects.filter(listener=listener, server__group=listener.server_group_id)
    return list(rows.select_related("server").order_by("server__address", "server__port", "node"))
