"""NLB, version 2022-04-30."""

from cloudapi.nlb import jobs, listeners
from cloudapi.nlb.product import NLB

PRODUCT = NLB

__all__ = ("PRODUCT", "jobs", "listeners")
