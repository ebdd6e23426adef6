"""Load balancers, listeners, server groups, their limits, and what was observed of them."""

from listeners.models.listener import Binding, Listener, TicketKey
from listeners.models.load_balancer import LoadBalancer, Product
from listeners.models.observation import ListenerStatus, NodeStatus, ServedReceipt, ServerHealth
from listeners.models.quota import Quota
from listeners.models.server_group import Server, ServerGroup

__all__ = (
    "Binding",
    "Listener",
    "ListenerStatus",
    "LoadBalancer",
    "NodeStatus",
    "Product",
    "Quota",
    "ServedReceipt",
    "Server",
    "ServerGroup",
    "ServerHealth",
    "TicketKey",
)
