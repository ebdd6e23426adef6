"""Read load balancers."""

from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet

from console.ids import is_id
from console.tables import PAGE_SIZE, Page, keyset_page
from events.models import Change
from listeners import limits
from listeners.models import Binding, Listener, LoadBalancer
from listeners.selectors.counting import most_sharing, used_by
from listeners.selectors.tags import tagged
from listeners.services.rows import not_found


@dataclass(frozen=True, slots=True)
class QuotaUsage:
    """How much of one limit is used."""

    name: str
    description: str
    used: int
    limit: int


def load_balancers(
    query: str = "", cursor: str = "", size: int = PAGE_SIZE, *, region: str = "", product: str = "", tag: str = ""
) -> Page[LoadBalancer]:
    """Return a page of load balancers by name, each with ``listener_count``; ``query`` searches name, id, address.

    ``tag`` is a key, or a key and its value: ``team=payments``.
    """
    rows = _counted()
    if query := query.replace("\0", ""):
        rows = rows.filter(Q(name__icontains=query) | Q(pk=query) | Q(bind_address__startswith=query))
    if region:
        rows = rows.filter(region=region if is_id(region) else "")
    if product:
        rows = rows.filter(product=product if is_id(product) else "")
    if tag:
        rows = rows.filter(pk__in=tagged("load_balancer", tag))
    return keyset_page(rows, ("name",), cursor, size)


def load_balancer_by_id(load_balancer_id: str) -> LoadBalancer:
    """Return a load balancer with ``listener_count`` and ``additional_count``. Raises NotFoundError."""
    found = _counted().filter(pk=load_balancer_id).first() if is_id(load_balancer_id) else None
    if found is None:
        raise not_found("load_balancer", load_balancer_id)
    return found


def find_load_balancer(load_balancer_id: str) -> LoadBalancer | None:
    """Return a load balancer, None when there is no such one."""
    return LoadBalancer.objects.filter(pk=load_balancer_id).first() if is_id(load_balancer_id) else None


def _counted() -> QuerySet[LoadBalancer]:
    # Counted row by row, so that a page costs its own rows only.
    listeners = Listener.objects.filter(load_balancer=OuterRef("pk"))
    additional = Binding.objects.filter(listener__load_balancer=OuterRef("pk"), role=Binding.Role.ADDITIONAL)
    return LoadBalancer.objects.annotate(
        listener_count=most_sharing(listeners, "load_balancer"),
        additional_count=most_sharing(additional, "listener__load_balancer"),
    )


def additional_certificate_count(load_balancer_id: str) -> int:
    """Return how many additional certificates all listeners of a load balancer have."""
    return Binding.objects.filter(listener__load_balancer_id=load_balancer_id, role=Binding.Role.ADDITIONAL).count()


def quota_usage(balancer: LoadBalancer) -> list[QuotaUsage]:
    """Return how much of each limit of a load balancer's product and edition is used.

    Where a limit is for each listener, as all of a CLB's certificates and rules, it is the most that one of them uses.
    """
    used = used_by(balancer)
    rows = [quota for quota in limits.quotas() if quota.name in used]
    return [QuotaUsage(quota.name, quota.description, used[quota.name], quota.limit) for quota in rows]


def changes_of_load_balancer(balancer: LoadBalancer, cursor: str = "", size: int = PAGE_SIZE) -> Page[Change]:
    """Return a page of what was changed of a load balancer and the listeners it has, newest first."""
    own = Q(object_type="load_balancer", object_id=balancer.pk)
    listeners = Q(object_type="listener", object_id__in=balancer.listeners.order_by().values("pk"))
    return keyset_page(Change.objects.filter(own | listeners), ("-id",), cursor, size)
