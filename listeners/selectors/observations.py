"""Read what the nodes observed: states, served receipts, health of servers."""

from console.tables import PAGE_SIZE, Page, keyset_page
from listeners.models import Listener, ListenerStatus, NodeStatus, ServedReceipt, ServerHealth


def nodes() -> list[NodeStatus]:
    """Return every node that ever served, by name."""
    return list(NodeStatus.objects.order_by("node"))


def statuses_of(listener: Listener) -> list[ListenerStatus]:
    """Return what each node knows of a listener, those that are gone included."""
    return list(listener.statuses.order_by("node"))


def receipts_of(listener: Listener, cursor: str = "", size: int = PAGE_SIZE) -> Page[ServedReceipt]:
    """Return a page of what real handshakes with a listener returned, newest first."""
    return keyset_page(ServedReceipt.objects.filter(listener=listener), ("-id",), cursor, size)


def server_health_of(listener: Listener) -> list[ServerHealth]:
    """Return what the nodes' health checks say of the servers behind a listener."""
    rows = ServerHealth.objects.filter(listener=listener, server__group=listener.server_group_id)
    return list(rows.select_related("server").order_by("server__address", "server__port", "node"))
