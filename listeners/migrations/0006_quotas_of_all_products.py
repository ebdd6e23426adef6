"""Bring the limits of Application and Classic Load Balancers, and spell the servers' addresses without a netmask."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

QUOTAS = (
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


def add_quotas(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the rows; one that is there keeps its limit."""
    quota = apps.get_model("listeners", "Quota")
    for name, limit, description in QUOTAS:
        quota.objects.get_or_create(name=name, defaults={"limit": limit, "description": description})


def remove_quotas(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the rows."""
    apps.get_model("listeners", "Quota").objects.filter(name__in=[name for name, _, _ in QUOTAS]).delete()


def spell_addresses(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take off the netmask that PostgreSQL writes when an address becomes text."""
    servers = apps.get_model("listeners", "Server").objects.filter(address__contains="/")
    for server in servers.iterator():
        server.address = server.address.partition("/")[0]
        server.save(update_fields=["address"])


class Migration(migrations.Migration):
    dependencies = (("listeners", "0005_all_products"),)

    operations = (
        migrations.RunPython(add_quotas, remove_quotas),
        migrations.RunPython(spell_addresses, migrations.RunPython.noop),
    )
