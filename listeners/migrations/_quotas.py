"""The limits that every installation begins with: the defaults of the cloud's documents."""

from collections.abc import Iterable

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

Quotas = Iterable[tuple[str, int, str]]

OF_NLB = (
    ("nlb_quota_loadbalancers_num", 60, "Load balancers in one region"),
    ("nlb_quota_loadbalancer_listeners_num", 50, "Listeners of one load balancer"),
    ("nlb_quota_loadbalancer_certificates_num", 25, "Additional certificates of one load balancer"),
    ("nlb_quota_loadbalancer_noeci_servers_num", 400, "Servers behind one load balancer"),
    ("nlb_quota_servergroups_num", 3000, "Server groups"),
    ("nlb_quota_servergroup_noeci_servers_num", 400, "Servers of one server group"),
    ("nlb_quota_server_added_num", 200, "Server groups that one server can be in"),
    ("nlb_call_additional_certificates_num", 15, "Additional certificates added or removed in one operation"),
    ("nlb_call_servers_num", 200, "Servers added in one operation"),
)
OF_ALB_AND_CLB = (
    ("alb_quota_loadbalancers_num", 60, "Application load balancers in one region"),
    ("alb_quota_loadbalancer_listeners_num", 50, "Listeners of one application load balancer"),
    ("alb_quota_basic_loadbalancer_certificates_num", 10, "Additional certificates of one load balancer (Basic)"),
    ("alb_quota_standard_loadbalancer_certificates_num", 25, "Additional certificates of one load balancer (Standard)"),
    ("alb_call_additional_certificates_num", 15, "Additional certificates added or removed in one operation"),
    ("alb_quota_basic_loadbalancer_servers_num", 200, "Servers behind one load balancer (Basic)"),
    ("alb_quota_standard_loadbalancer_servers_num", 1000, "Servers behind one load balancer (Standard)"),
    ("alb_quota_servergroups_num", 3000, "Server groups for HTTP, HTTPS and gRPC"),
    ("alb_quota_servergroup_servers_num", 1000, "Servers of one server group for HTTP, HTTPS or gRPC"),
    ("alb_quota_basic_loadbalancer_rules_num", 40, "Forwarding rules of one load balancer (Basic)"),
    ("alb_quota_standard_loadbalancer_rules_num", 100, "Forwarding rules of one load balancer (Standard)"),
    ("alb_call_rules_num", 100, "Forwarding rules created, changed or deleted in one operation"),
    ("alb_quota_basic_rule_actions_num", 3, "Actions of one forwarding rule (Basic)"),
    ("alb_quota_standard_rule_actions_num", 5, "Actions of one forwarding rule (Standard)"),
    ("alb_quota_basic_rule_conditions_num", 5, "Conditions of one forwarding rule (Basic)"),
    ("alb_quota_standard_rule_conditions_num", 10, "Conditions of one forwarding rule (Standard)"),
    ("alb_quota_basic_rule_wildcards_num", 5, "Values with wildcards in one forwarding rule (Basic)"),
    ("alb_quota_standard_rule_wildcards_num", 10, "Values with wildcards in one forwarding rule (Standard)"),
    ("alb_quota_max_idle_timeout", 600, "Longest idle timeout in seconds"),
    ("alb_quota_max_request_timeout", 600, "Longest request timeout in seconds"),
    ("alb_quota_security_policies_num", 50, "Custom TLS security policies in one region"),
    ("alb_quota_security_policy_listeners_num", 10, "Listeners of one custom TLS security policy"),
    ("slb_quota_instances_num", 60, "Classic load balancers in one region"),
    ("slb_quota_listeners_num", 50, "Listeners of one classic load balancer"),
    ("slb_quota_domain_extensions_num", 3, "Domain extensions of one HTTPS listener"),
    ("slb_call_domain_extensions_num", 1, "Domain extensions added or removed in one operation"),
    ("slb_quota_backendservers_num", 200, "Servers behind one classic load balancer"),
    ("slb_quota_listener_rules_num", 40, "Forwarding rules of one listener"),
    ("slb_call_rules_num", 10, "Forwarding rules created, changed or deleted in one operation"),
    ("slb_quota_certs_num", 100, "Server certificates of one region"),
    ("slb_quota_ca_certs_num", 100, "CA certificates of one region"),
)


def add(apps: StateApps, quotas: Quotas) -> None:
    """Add the rows; one that is there keeps its limit."""
    quota = apps.get_model("listeners", "Quota")
    rows = [quota(name=name, limit=limit, description=description) for name, limit, description in quotas]
    quota.objects.bulk_create(rows, ignore_conflicts=True)


def add_all(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the rows of all products."""
    add(apps, (*OF_NLB, *OF_ALB_AND_CLB))


def remove(apps: StateApps, quotas: Quotas) -> None:
    """Remove the rows."""
    apps.get_model("listeners", "Quota").objects.filter(name__in=[name for name, _, _ in quotas]).delete()
