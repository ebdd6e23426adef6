"""NLB, version 2022-04-30."""

from cloudapi.nlb import certificates, jobs, listeners, load_balancers, policies, server_groups
from cloudapi.nlb.product import NLB
from cloudapi.tagging import declare

PRODUCT = NLB
declare(PRODUCT, untag="UntagResources")

__all__ = ("PRODUCT", "certificates", "jobs", "listeners", "load_balancers", "policies", "server_groups")
