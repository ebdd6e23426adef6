"""The limit on servers behind one load balancer, which listeners and server groups both can cross."""

from django.db.models import Q
from django.utils.translation import gettext as _

from listeners import limits
from listeners.models import LoadBalancer, Server


def refuse_too_many_servers_behind(balancer: LoadBalancer, field: str) -> None:
    """Raise ConflictError when the server groups of ``balancer``'s listeners have too many servers in all."""
    limit = limits.limit_for(balancer, "servers")
    by_listener, by_rule = (
        Q(group__listeners__load_balancer=balancer),
        Q(group__rules__rule__listener__load_balancer=balancer),
    )
    behind = Server.objects.filter(by_listener | by_rule).order_by()
    count = behind.values("address", "port").distinct().count()
    limit.refuse_above(
        count,
        _("Load balancer “%(name)s” would have %(count)s servers behind it; %(limit)s are allowed.")
        % {"name": balancer, "count": count, "limit": limit.value},
        field,
    )
