"""Read listeners and the certificates bound to them."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery, prefetch_related_objects
from django.db.models.functions import Coalesce

from console.ids import is_id
from console.tables import PAGE_SIZE, Page, keyset_page
from events.models import Change
from listeners.models import Binding, Listener, ListenerStatus
from listeners.selectors.tags import tagged
from listeners.services.rows import not_found

Role = Binding.Role
ORDER = ("load_balancer_id", "port", "transport")  # HTTPS and QUIC can share a port


@dataclass(frozen=True, slots=True)
class ListenerFilter:
    """Which listeners are wanted; what is empty does not matter. A certificate counts in any role."""

    load_balancer_id: str = ""
    server_group_id: str = ""
    certificate_id: str = ""
    product: str = ""
    protocol: str = ""
    tag: str = ""  # a key, or a key and its value: team=payments

    def apply(self, rows: QuerySet[Listener]) -> QuerySet[Listener]:
        """Return those of ``rows`` that are wanted; none for what is no id."""
        if self.load_balancer_id:
            rows = rows.filter(load_balancer_id=_id_or_nothing(self.load_balancer_id))
        if self.server_group_id:
            rows = rows.filter(server_group_id=_id_or_nothing(self.server_group_id))
        if self.certificate_id:
            bound = Binding.objects.filter(certificate_id=_id_or_nothing(self.certificate_id)).order_by()
            rows = rows.filter(pk__in=bound.values("listener"))
        if self.product:
            rows = rows.filter(load_balancer__product=_id_or_nothing(self.product))
        if self.protocol:
            rows = rows.filter(protocol=_id_or_nothing(self.protocol))
        return rows.filter(pk__in=tagged("listener", self.tag)) if self.tag else rows


ALL = ListenerFilter()


def _id_or_nothing(text: str) -> str:
    return text if is_id(text) else ""


def listeners(wanted: ListenerFilter = ALL, query: str = "", cursor: str = "", size: int = PAGE_SIZE) -> Page[Listener]:
    """Return a page of listeners by load balancer and port; ``query`` searches name, id and port.

    Each has its load balancer, server group, ``state``, ``additional_count``, ``soonest_not_after`` over all of its
    certificates, and ``single_bindings``: the default and the CA one.
    """
    rows = wanted.apply(_complete())
    if query := query.replace("\0", ""):
        port = Q(port=int(query)) if query.isascii() and query.isdigit() and len(query) < 6 else Q()  # noqa: PLR2004
        rows = rows.filter(Q(name__icontains=query) | Q(pk=query) | port)
    return keyset_page(rows, ORDER, cursor, size)


def listener_rows() -> "QuerySet[Listener]":
    """Return every listener as the list has it, to be narrowed further."""
    return _complete()


def served_listeners() -> "QuerySet[Listener]":
    """Return every listener with what APIs tell of it: its load balancer, ``state`` and ``single_bindings``.

    Much less is read than for the list of the console, which costs several times as much.
    """
    statuses = ListenerStatus.objects.live().order_by().only("listener", "state")
    single = Binding.objects.exclude(role=Role.ADDITIONAL).select_related("certificate").order_by()
    return (
        Listener.objects.select_related("load_balancer")  # type: ignore[no-redef]  # filled beforehand, as below
        .prefetch_related(
            Prefetch("statuses", queryset=statuses, to_attr="live_statuses"),
            Prefetch("bindings", single.only("listener", "role", "certificate__kind"), to_attr="single_bindings"),
        )
        .order_by()
    )


def listener_in_full(listener_id: str) -> tuple[Listener, list[Binding]]:
    """Return a listener as the list has it, and all of its bindings with versions, the additional ones with names.

    What the list has the database work out is worked out of the bindings, which are read anyway. Raises NotFoundError.
    """
    rows = Listener.objects.select_related("load_balancer").order_by()
    listener = next(iter(rows.filter(pk=listener_id)), None) if is_id(listener_id) else None
    if listener is None:
        raise not_found("listener", listener_id)
    bindings = list(listener.bindings.select_related("certificate__current_version").order_by("id"))
    additional = [each for each in bindings if each.role == Role.ADDITIONAL]
    prefetch_related_objects(additional, "certificate__current_version__names")
    ends = [each.certificate.not_after for each in bindings if each.certificate.not_after]
    listener.single_bindings = [each for each in bindings if each.role != Role.ADDITIONAL]
    listener.additional_count = len(additional)  # type: ignore[attr-defined]
    listener.soonest_not_after = min(ends, default=None)  # type: ignore[attr-defined]
    return listener, bindings


def served_listener_by_id(listener_id: str) -> Listener:
    """Return a listener with what APIs tell of it. Raises NotFoundError."""
    found = next(iter(served_listeners().filter(pk=listener_id)), None) if is_id(listener_id) else None
    if found is None:
        raise not_found("listener", listener_id)
    return found


def listener_by_id(listener_id: str) -> Listener:
    """Return a listener as the list has it. Raises NotFoundError."""
    found = next(iter(_complete().filter(pk=listener_id).order_by()), None) if is_id(listener_id) else None
    if found is None:
        raise not_found("listener", listener_id)
    return found


def _complete() -> QuerySet[Listener]:
    bindings = Binding.objects.filter(listener=OuterRef("pk")).order_by()
    additional = bindings.filter(role=Role.ADDITIONAL).values("listener").annotate(number=Count("pk"))
    soonest = bindings.order_by("certificate__not_after").values("certificate__not_after")
    single = Binding.objects.exclude(role=Role.ADDITIONAL).select_related("certificate__current_version")
    return (
        Listener.objects.select_related(  # type: ignore[no-redef]  # both are cached properties, filled beforehand
            "load_balancer", "server_group"
        )
        .prefetch_related(
            Prefetch("statuses", queryset=ListenerStatus.objects.live(), to_attr="live_statuses"),
            Prefetch("bindings", queryset=single, to_attr="single_bindings"),
        )
        .annotate(
            additional_count=Coalesce(Subquery(additional.values("number")), 0),
            soonest_not_after=Subquery(soonest[:1]),
        )
    )


def _bindings() -> QuerySet[Binding]:
    return Binding.objects.select_related("certificate__current_version", "previous_certificate").prefetch_related(
        "certificate__current_version__names"
    )


def bindings_of(listener: Listener) -> list[Binding]:
    """Return every binding of a listener with its certificate, current version, names and previous certificate."""
    return list(_bindings().filter(listener=listener).order_by("id"))


def bindings_page(listener: Listener, cursor: str = "", size: int = PAGE_SIZE, role: str = "") -> Page[Binding]:
    """Return a page of a listener's bindings, oldest first; ``role`` keeps those of one role."""
    rows = _bindings().filter(listener=listener)
    return keyset_page(rows.filter(role=role) if role else rows, ("id",), cursor, size)


def binding_of(listener: Listener, role: str) -> Binding | None:
    """Return the binding in a role that a listener has at most once."""
    return _bindings().filter(listener=listener, role=role).first()


def changes_of_listener(listener: Listener, cursor: str = "", size: int = PAGE_SIZE) -> Page[Change]:
    """Return a page of what was changed of a listener, newest first."""
    rows = Change.objects.filter(object_type="listener", object_id=listener.pk)
    return keyset_page(rows, ("-id",), cursor, size)
