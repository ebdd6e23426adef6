"""Classic Load Balancer, version 2014-05-15: its operations, each on one service."""

from cloudapi.clb import (
    certificates,
    default_servers,
    domain_extensions,
    http_listeners,
    listener_lists,
    load_balancers,
    policies,
    rules,
    server_groups,
)
from cloudapi.clb.product import PRODUCT

__all__ = (
    "PRODUCT",
    "certificates",
    "default_servers",
    "domain_extensions",
    "http_listeners",
    "listener_lists",
    "load_balancers",
    "policies",
    "rules",
    "server_groups",
)
