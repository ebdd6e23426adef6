"""Every write of load balancers, server groups, listeners and their certificates."""

from listeners.services.bindings import (
    add_additional_certificates,
    change_ca_certificate,
    change_default_certificate,
    remove_additional_certificates,
    roll_back_binding,
    set_mutual_authentication,
)
from listeners.services.listeners import (
    ListenerFields,
    create_listener,
    delete_listener,
    start_listener,
    stop_listener,
    update_listener,
)
from listeners.services.load_balancers import (
    LoadBalancerFields,
    create_load_balancer,
    delete_load_balancer,
    update_load_balancer,
)
from listeners.services.server_groups import (
    ServerGroupFields,
    ServerSpec,
    create_server_group,
    delete_server_group,
    update_server_group,
)

__all__ = (
    "ListenerFields",
    "LoadBalancerFields",
    "ServerGroupFields",
    "ServerSpec",
    "add_additional_certificates",
    "change_ca_certificate",
    "change_default_certificate",
    "create_listener",
    "create_load_balancer",
    "create_server_group",
    "delete_listener",
    "delete_load_balancer",
    "delete_server_group",
    "remove_additional_certificates",
    "roll_back_binding",
    "set_mutual_authentication",
    "start_listener",
    "stop_listener",
    "update_listener",
    "update_load_balancer",
    "update_server_group",
)
