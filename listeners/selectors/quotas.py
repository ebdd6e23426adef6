"""How much of each limit is used: by what comes closest to it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, QuerySet, Value
from django.db.models.functions import Concat

from listeners import limits
from listeners.models import Binding, Listener, LoadBalancer, Quota, Server, ServerGroup


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """A limit, and the most of it that anything uses; ``used`` is None for limits of one operation."""

    quota: Quota
    used: int | None

    @property
    def is_full(self) -> bool:
        """Whether something has reached the limit."""
        return self.used is not None and self.used >= self.quota.limit


def quota_rows() -> list[QuotaRow]:
    """Return every limit by name, with the most that is used of it."""
    used = {
        limits.LOAD_BALANCERS: _most(LoadBalancer.objects.all(), "region"),
        limits.LISTENERS: _most(Listener.objects.all(), "load_balancer"),
        limits.CERTIFICATES: _most(Binding.objects.filter(role=Binding.Role.ADDITIONAL), "listener__load_balancer"),
        limits.LOAD_BALANCER_SERVERS: _most_servers_behind_one(),
        limits.SERVER_GROUPS: ServerGroup.objects.count(),
        limits.SERVERS: _most(Server.objects.all(), "group"),
        limits.SERVER_ADDED: _most(Server.objects.all(), "address", "port"),
    }
    return [QuotaRow(quota, used.get(quota.name)) for quota in limits.quotas()]


def _most_servers_behind_one() -> int:
    """Return how many servers are behind the load balancer that has most; one address and port is one server."""
    place = Concat("address", Value(" "), "port", output_field=CharField())
    behind = Server.objects.filter(group__listeners__isnull=False).order_by().values("group__listeners__load_balancer")
    counts = behind.annotate(count=Count(place, distinct=True)).order_by("-count").values_list("count", flat=True)
    return next(iter(counts[:1]), 0)


def _most(rows: QuerySet[Any], *by: str) -> int:
    """Return the greatest number of ``rows`` that share ``by``."""
    counts = rows.order_by().values(*by).annotate(count=Count("pk")).order_by("-count").values_list("count", flat=True)
    return next(iter(counts[:1]), 0)
