"""What a deletion would take with it, break or be refused for: shown before it is confirmed."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from certificates.usage import Usage
from listeners.impact import Impact, impact_of
from listeners.models import Listener, ListenerStatus, LoadBalancer, ServerGroup
from listeners.usage import listener_usage


@dataclass(frozen=True, slots=True)
class DeletionImpact:
    """Who refuses the deletion; what goes with the object; what becomes of connections, and how many there are."""

    blocked_by: tuple[Usage, ...]
    deletes: tuple[Usage, ...]
    open_connections: int
    impact: Impact

    @property
    def is_refused(self) -> bool:
        """Tell whether nothing can be deleted as things are."""
        return bool(self.blocked_by)


def load_balancer_deletion(balancer: LoadBalancer) -> DeletionImpact:
    """Tell what deleting a load balancer with all of its listeners does."""
    listeners = list(balancer.listeners.select_related("load_balancer").order_by("port"))
    return _deleting(listeners)


def listener_deletion(listener: Listener) -> DeletionImpact:
    """Tell what deleting a listener does."""
    return _deleting([listener])


def server_group_deletion(group: ServerGroup) -> DeletionImpact:
    """Tell what deleting a server group does: nothing while a listener uses it."""
    listeners = group.listeners.select_related("load_balancer").order_by("load_balancer__name", "port")
    users = tuple(listener_usage(listener, "") for listener in listeners)
    return DeletionImpact(users, (), 0, impact_of("name"))


def _deleting(listeners: Iterable[Listener]) -> DeletionImpact:
    rows = list(listeners)
    active = ListenerStatus.objects.filter(listener__in=rows).aggregate(sum=Sum("connections_active"))["sum"]
    return DeletionImpact((), tuple(listener_usage(row, "") for row in rows), active or 0, impact_of("delete"))
