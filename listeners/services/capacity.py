"""The limit on servers behind one load balancer, which listeners and server groups both can cross."""

from django.utils.translation import gettext as _

from listeners import limits
from listeners.models import LoadBalancer
from listeners.selectors.counting import servers_behind


def refuse_too_many_servers_behind(balancer: LoadBalancer, field: str) -> None:
    """Raise ConflictError when the server groups of ``balancer``'s listeners have too many servers in all."""
    limit = limits.limit_for(balancer, "servers")
    count = servers_behind(balancer.pk)
    limit.refuse_above(
        count,
        _("Load balancer “%(name)s” would have %(count)s servers behind it; %(limit)s are allowed.")
        % {"name": balancer, "count": count, "limit": limit.value},
        field,
    )
