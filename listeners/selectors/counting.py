"""How much of each limit of its kind a load balancer uses."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from listeners.models import Binding, ForwardingRule, Listener, LoadBalancer, Server
from listeners.products import Limited, features_of

COUNTS = ("listener_count", "additional_count", "most_additional", "rule_count", "most_rules")


def with_counts(rows: QuerySet[LoadBalancer]) -> QuerySet[LoadBalancer]:
    """Return ``rows`` with the numbers of listeners, additional certificates and rules; ``most_…`` on one listener.

    Counted row by row, so that a page costs its own rows only.
    """
    listeners = Listener.objects.filter(load_balancer=OuterRef("pk"))
    additional = Binding.objects.filter(listener__load_balancer=OuterRef("pk"), role=Binding.Role.ADDITIONAL)
    rules = ForwardingRule.objects.filter(listener__load_balancer=OuterRef("pk"))
    return rows.annotate(
        listener_count=most_sharing(listeners, "load_balancer"),
        additional_count=most_sharing(additional, "listener__load_balancer"),
        most_additional=most_sharing(additional, "listener"),
        rule_count=most_sharing(rules, "listener__load_balancer"),
        most_rules=most_sharing(rules, "listener"),
    )


def most_sharing(rows: QuerySet[Any], group: str) -> Coalesce:
    """Return the greatest number of ``rows`` that share ``group``."""
    counts = rows.order_by().values(group).annotate(number=Count("pk")).order_by("-number").values("number")
    return Coalesce(Subquery(counts[:1]), 0)


def servers_behind(load_balancer_id: str) -> int:
    """Return how many servers a load balancer's listeners and rules send to; one address and port is one server."""
    by_listener = Q(group__listeners__load_balancer=load_balancer_id)
    by_rule = Q(group__rules__rule__listener__load_balancer=load_balancer_id)
    return Server.objects.filter(by_listener | by_rule).order_by().values("address", "port").distinct().count()


def counted(numbers: Mapping[str, int], *, by_listener: bool) -> dict[Limited, int]:
    """Return the numbers that limits are compared with; a CLB's are those of the listener that has most."""
    names = ("most_additional", "most_rules") if by_listener else ("additional_count", "rule_count")
    return {
        "listeners": numbers["listener_count"],
        "certificates": numbers[names[0]],
        "rules": numbers[names[1]],
    }


def used_by(balancer: LoadBalancer) -> dict[str, int]:
    """Return how much of each limit, by the quota's name, a load balancer uses."""
    found = with_counts(LoadBalancer.objects.filter(pk=balancer.pk)).values(*COUNTS).get()
    features = features_of(balancer)
    numbers = counted(found, by_listener=features.domain_extensions)
    numbers["servers"] = servers_behind(balancer.pk)
    return {features.quotas[limited]: number for limited, number in numbers.items() if limited in features.quotas}
