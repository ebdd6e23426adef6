"""Read server groups and their servers."""

from django.db.models import Case, Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery, When, Window
from django.db.models.functions import Coalesce, RowNumber

from console.ids import is_id
from console.tables import PAGE_SIZE, Page, keyset_page
from events.models import Change
from listeners.models import Listener, RuleServerGroup, Server, ServerGroup, ServerHealth
from listeners.services.rows import not_found


def server_groups(query: str = "", cursor: str = "", size: int = PAGE_SIZE) -> Page[ServerGroup]:
    """Return a page of server groups by name, each with ``server_count``, ``listener_count`` and ``rule_count``.

    ``query`` searches name, id and the servers' addresses.
    """
    rows = _counted()
    if query := query.replace("\0", ""):
        addressed = Server.objects.filter(group=OuterRef("pk"), address__startswith=query)
        rows = rows.filter(Q(name__icontains=query) | Q(pk=query) | Q(pk__in=addressed.values("group")))
    return keyset_page(rows, ("name",), cursor, size)


def server_group_by_id(server_group_id: str) -> ServerGroup:
    """Return a server group with its counts and ``servers_with_health``. Raises NotFoundError."""
    rows = _counted().prefetch_related(*servers_with_health())
    found = rows.filter(pk=server_group_id).first() if is_id(server_group_id) else None
    if found is None:
        raise not_found("server_group", server_group_id)
    return found


def servers_with_health() -> "tuple[str, Prefetch[str]]":
    """Load the servers of groups, each with one row of health a node: the worst that it saw through any listener.

    A group behind a thousand listeners is checked through each of them; only a listener's own page shows them apart.
    """
    gravity = Case(When(state=ServerHealth.State.UNHEALTHY, then=0), When(state=ServerHealth.State.HEALTHY, then=1))
    place = Window(RowNumber(), partition_by=(F("server"), F("node")), order_by=(gravity.asc(nulls_last=True), "pk"))
    return "servers", Prefetch("servers__health", ServerHealth.objects.annotate(place=place).filter(place=1))


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
    rules = RuleServerGroup.objects.filter(server_group=OuterRef("pk")).order_by().values("server_group")
    return ServerGroup.objects.annotate(
        server_count=Coalesce(Subquery(servers.annotate(number=Count("pk")).values("number")), 0),
        rule_count=Coalesce(Subquery(rules.annotate(number=Count("pk")).values("number")), 0),
        listener_count=Coalesce(Subquery(used_by.annotate(number=Count("pk")).values("number")), 0),
    )
