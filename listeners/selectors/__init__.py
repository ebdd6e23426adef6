"""Every read of load balancers, listeners, server groups and what was observed of them."""

from listeners.selectors.choices import Match, certificate_for
from listeners.selectors.clients import ClientSummary, client_summary, clients_of, clients_page
from listeners.selectors.deletion import (
    DeletionImpact,
    listener_deletion,
    load_balancer_deletion,
    policy_deletion,
    server_group_deletion,
)
from listeners.selectors.history import change_of_state, earlier_states, kept_states
from listeners.selectors.listeners import (
    ListenerFilter,
    binding_of,
    bindings_of,
    bindings_page,
    changes_of_listener,
    listener_by_id,
    listener_rows,
    listeners,
)
from listeners.selectors.load_balancers import (
    QuotaUsage,
    additional_certificate_count,
    changes_of_load_balancer,
    find_load_balancer,
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
from listeners.selectors.regional_certificates import (
    RegionalFilter,
    regional_certificates,
    regional_certificates_by_id,
    regional_usage,
    regions,
)
from listeners.selectors.server_groups import (
    changes_of_server_group,
    listeners_of_server_group,
    server_group_by_id,
    server_groups,
    servers_with_health,
)
from listeners.selectors.tags import load_tags, tagged, tags_of, tags_of_one

__all__ = (
    "ClientSummary",
    "DeletionImpact",
    "ListenerFilter",
    "Match",
    "QuotaUsage",
    "RegionalFilter",
    "additional_certificate_count",
    "binding_of",
    "bindings_of",
    "bindings_page",
    "certificate_for",
    "change_of_state",
    "changes_of_listener",
    "changes_of_load_balancer",
    "changes_of_policy",
    "changes_of_server_group",
    "client_summary",
    "clients_of",
    "clients_of_week",
    "clients_page",
    "earlier_states",
    "find_load_balancer",
    "judging_policy",
    "kept_states",
    "listener_by_id",
    "listener_deletion",
    "listener_rows",
    "listeners",
    "listeners_of_server_group",
    "load_balancer_by_id",
    "load_balancer_deletion",
    "load_balancers",
    "load_tags",
    "nodes",
    "policies_for",
    "policy_deletion",
    "policy_named",
    "policy_of",
    "policy_of_row",
    "quota_usage",
    "receipts_of",
    "regional_certificates",
    "regional_certificates_by_id",
    "regional_usage",
    "regions",
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
    "tags_of_one",
    "users_of_policy",
)
