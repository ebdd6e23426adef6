"""Load balancers, listeners with their rules, server groups, their limits, and what was observed of them."""

from listeners.models.history import ListenerState
from listeners.models.listener import Binding, Listener, TicketKey
from listeners.models.load_balancer import Edition, LoadBalancer, Product
from listeners.models.observation import ListenerStatus, NodeStatus, ObservedClient, ServedReceipt, ServerHealth
from listeners.models.observed_handshake import ObservedHandshake
from listeners.models.quota import Quota
from listeners.models.regional_certificate import RegionalCertificate
from listeners.models.rule import ForwardingRule, RuleServerGroup
from listeners.models.security_policy import SecurityPolicy
from listeners.models.server_group import Server, ServerGroup
from listeners.models.tag import ResourceTag

__all__ = (
    "Binding",
    "Edition",
    "ForwardingRule",
    "Listener",
    "ListenerState",
    "ListenerStatus",
    "LoadBalancer",
    "NodeStatus",
    "ObservedClient",
    "ObservedHandshake",
    "Product",
    "Quota",
    "RegionalCertificate",
    "ResourceTag",
    "RuleServerGroup",
    "SecurityPolicy",
    "ServedReceipt",
    "Server",
    "ServerGroup",
    "ServerHealth",
    "TicketKey",
)
