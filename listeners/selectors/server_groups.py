"""Read server groups and their servers."""

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from console.ids import is_id
from console.tables import PAGE_SIZE, Page, keyset_page
from events.models import Change
from listeners.models import Listener, Server, ServerGroup
from listeners.services.rows import not_found


def server_groups(query: str = "", cursor: str = "", size: int = PAGE_SIZE) -> Page[ServerGroup]:
    """Return a page of server groups by name, each with ``server_count`` and ``listener_count``.

    ``query`` searches name, id and the servers' addresses.
    """
    rows = _counted()
    if query := query.replace("\0", ""):
        addressed = Server.objects.filter(group=OuterRef("pk"), address__startswith=query)
        rows = rows.filter(Q(name__icontains=query) | Q(pk=query) | Q(pk__in=addressed.values("group")))
    return keyset_page(rows, ("name",), cursor, size)


def server_group_by_id(server_group_id: str) -> ServerGroup:
    """Return a server group with its counts, servers, and what each node says of their health. Raises NotFoundError."""
    found = (
        _counted().prefetch_related("servers__health").filter(pk=server_group_id).first()
        if is_id(server_group_id)
        else None
    )
    if found is None:
        raise not_found("server_group", server_group_id)
    return found


def listeners_of_server_group(group: ServerGroup, most: int) -> list[Listener]:
    """Return the first listeners that use a server group."""
    return list(group.listeners.select_related("load_balancer").order_by("load_balancer__name", "port")[:most])


def changes_of_server_group(group: ServerGroup, cursor: str = "", size: int = PAGE_SIZE) -> Page[Change]:
    """Return a page of what was changed of a server group, newest first."""
    rows = Change.objects.filter(object_type="server_group", object_id=group.pk)
    return keyset_page(rows, ("-id",), cursor, size)


def _counted() -> QuerySet[ServerGroup]:
    # Counted row by row, so that a page costs its own rows only.
    servers = Server.objects.filter(group=OuterRef("pk")).order_by().values("group")
    used_by = Listener.objects.filter(server_group=OuterRef("pk")).order_by().values("server_group")
    return ServerGroup.objects.annotate(
        server_count=Coalesce(Subquery(servers.annotate(number=Count("pk")).values("number")), 0),
        listener_count=Coalesce(Subquery(used_by.annotate(number=Count("pk")).values("number")), 0),
    )
