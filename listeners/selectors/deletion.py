"""What a deletion would take with it, break or be refused for: shown before it is confirmed."""

from dataclasses import dataclass, replace

from django.db.models import QuerySet, Sum
from django.urls import reverse

from certificates.usage import MOST_SHOWN, Usages
from listeners.group_usage import users_of
from listeners.impact import Impact, impact_of
from listeners.models import Listener, ListenerStatus, LoadBalancer, SecurityPolicy, ServerGroup
from listeners.usage import listener_usage


@dataclass(frozen=True, slots=True)
class DeletionImpact:
    """Who refuses the deletion; what goes with the object; what becomes of connections, and how many there are."""

    blocked_by: Usages
    deletes: Usages
    open_connections: int
    impact: Impact

    @property
    def is_refused(self) -> bool:
        """Tell whether nothing can be deleted as things are."""
        return bool(self.blocked_by)


def load_balancer_deletion(balancer: LoadBalancer) -> DeletionImpact:
    """Tell what deleting a load balancer with all of its listeners does."""
    url = reverse("load-balancer-detail", args=[balancer.pk])
    return _deleting(balancer.listeners.order_by("port"), url)


def listener_deletion(listener: Listener) -> DeletionImpact:
    """Tell what deleting a listener does: nothing while an HTTPS listener announces it."""
    announcing = _first(Listener.objects.filter(quic_listener=listener.pk), "")
    return replace(_deleting(Listener.objects.filter(pk=listener.pk), ""), blocked_by=announcing)


def server_group_deletion(group: ServerGroup) -> DeletionImpact:
    """Tell what deleting a server group does: nothing while a listener or a rule uses it."""
    return DeletionImpact(users_of(group), Usages(), 0, impact_of("name"))


def policy_deletion(policy: SecurityPolicy) -> DeletionImpact:
    """Tell what deleting a custom TLS security policy does: nothing while a listener uses it."""
    users = Listener.objects.filter(security_policy=policy.pk).order_by("load_balancer__name", "port")
    return DeletionImpact(_first(users, reverse("policy-detail", args=[policy.pk])), Usages(), 0, impact_of("name"))


def _deleting(listeners: QuerySet[Listener], list_url: str) -> DeletionImpact:
    statuses = ListenerStatus.objects.filter(listener__in=listeners.order_by())
    active = statuses.aggregate(sum=Sum("connections_active"))["sum"]
    return DeletionImpact(Usages(), _first(listeners, list_url), active or 0, impact_of("delete"))


def _first(listeners: QuerySet[Listener], list_url: str) -> Usages:
    """Return as many listeners as a page shows, and count them all."""
    shown = tuple(listener_usage(row, "") for row in listeners.select_related("load_balancer")[:MOST_SHOWN])
    return Usages(shown, listeners.count() if len(shown) == MOST_SHOWN else len(shown), list_url)
