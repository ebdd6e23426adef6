"""Every read of load balancers, listeners, server groups and what was observed of them."""

from listeners.selectors.deletion import (
    DeletionImpact,
    listener_deletion,
    load_balancer_deletion,
    server_group_deletion,
)
from listeners.selectors.listeners import (
    ListenerFilter,
    Match,
    binding_of,
    bindings_of,
    bindings_page,
    certificate_for,
    changes_of_listener,
    listener_by_id,
    listeners,
    name_choices,
)
from listeners.selectors.load_balancers import (
    QuotaUsage,
    additional_certificate_count,
    bind_address_of,
    changes_of_load_balancer,
    load_balancer_by_id,
    load_balancers,
    quota_usage,
)
from listeners.selectors.observations import (
    nodes,
    receipts_of,
    server_health_of,
    statuses_of,
)
from listeners.selectors.policies import (
    changes_of_policy,
    policies_for,
    policy_named,
    policy_of,
    policy_of_row,
    security_policies,
    security_policy_by_id,
    users_of_policy,
)
from listeners.selectors.refusals import clients_of_week, judging_policy
from listeners.selectors.server_groups import (
    changes_of_server_group,
    listeners_of_server_group,
    server_group_by_id,
    server_groups,
    servers_with_health,
)
from listeners.selectors.tags import tagged, tags_of

__all__ = (
    "DeletionImpact",
    "ListenerFilter",
    "Match",
    "QuotaUsage",
    "additional_certificate_count",
    "bind_address_of",
    "binding_of",
    "bindings_of",
    "bindings_page",
    "certificate_for",
    "changes_of_listener",
    "changes_of_load_balancer",
    "changes_of_policy",
    "changes_of_server_group",
    "clients_of_week",
    "judging_policy",
    "listener_by_id",
    "listener_deletion",
    "listeners",
    "listeners_of_server_group",
    "load_balancer_by_id",
    "load_balancer_deletion",
    "load_balancers",
    "name_choices",
    "nodes",
    "policies_for",
    "policy_named",
    "policy_of",
    "policy_of_row",
    "quota_usage",
    "receipts_of",
    "security_policies",
    "security_policy_by_id",
    "server_group_by_id",
    "server_group_deletion",
    "server_groups",
    "server_health_of",
    "servers_with_health",
    "statuses_of",
    "tagged",
    "tags_of",
    "users_of_policy",
)
