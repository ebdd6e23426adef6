"""ALB, version 2020-06-16."""

from cloudapi.alb import certificates, health, jobs, listeners, load_balancers, policies, rules, server_groups
from cloudapi.alb.product import ALB
from cloudapi.tagging import declare

PRODUCT = ALB
declare(PRODUCT, untag="UnTagResources")

__all__ = (
    "PRODUCT",
    "certificates",
    "health",
    "jobs",
    "listeners",
    "load_balancers",
    "policies",
    "rules",
    "server_groups",
)
