"""Which load balancers forward to server groups."""

from collections.abc import Sequence

from listeners.models import Listener, RuleServerGroup


def balancers_behind(group_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the ids of the load balancers that use each group, by a listener or by a rule."""
    users: dict[str, dict[str, None]] = {group_id: {} for group_id in group_ids}
    listeners = Listener.objects.filter(server_group__in=list(group_ids)).order_by("load_balancer_id")
    rules = RuleServerGroup.objects.filter(server_group__in=list(group_ids)).order_by("rule__listener__load_balancer")
    for group_id, balancer_id in (
        *listeners.values_list("server_group_id", "load_balancer_id").distinct(),
        *rules.values_list("server_group_id", "rule__listener__load_balancer_id").distinct(),
    ):
        users[str(group_id)][str(balancer_id)] = None
    return {group_id: list(found) for group_id, found in users.items()}
