"""Every write of load balancers, server groups, listeners and their certificates."""

from listeners.services.bindings import (
    add_additional_certificates,
    change_additional_certificate,
    change_ca_certificate,
    change_default_certificate,
    remove_additional_certificates,
    roll_back_binding,
    set_mutual_authentication,
)
from listeners.services.domain_extensions import (
    DomainExtension,
    add_domain_extensions,
    change_domain_extension,
    remove_domain_extensions,
)
from listeners.services.forwarded_headers import set_forwarded_headers
from listeners.services.history import roll_back_listener
from listeners.services.listeners import (
    ListenerFields,
    NewListener,
    create_listener,
    delete_listener,
    start_listener,
    stop_listener,
    update_listener,
)
from listeners.services.load_balancers import (
    LoadBalancerChanges,
    LoadBalancerFields,
    create_load_balancer,
    delete_load_balancer,
    update_load_balancer,
)
from listeners.services.nodes import forget_node, node_by_name
from listeners.services.policies import create_security_policy, delete_security_policy, update_security_policy
from listeners.services.regional_certificates import (
    Upload,
    add_regional_certificate,
    remove_regional_certificate,
    upload_regional_certificate,
)
from listeners.services.server_groups import (
    ServerGroupFields,
    create_server_group,
    delete_server_group,
    update_server_group,
)
from listeners.services.servers import ServerSpec
from listeners.services.tags import remove_tags, replace_tags, set_tags
from listeners.services.variants import create_own_group, set_default_servers

__all__ = (
    "DomainExtension",
    "ListenerFields",
    "LoadBalancerChanges",
    "LoadBalancerFields",
    "NewListener",
    "ServerGroupFields",
    "ServerSpec",
    "Upload",
    "add_additional_certificates",
    "add_domain_extensions",
    "add_regional_certificate",
    "change_additional_certificate",
    "change_ca_certificate",
    "change_default_certificate",
    "change_domain_extension",
    "create_listener",
    "create_load_balancer",
    "create_own_group",
    "create_security_policy",
    "create_server_group",
    "delete_listener",
    "delete_load_balancer",
    "delete_security_policy",
    "delete_server_group",
    "forget_node",
    "node_by_name",
    "remove_additional_certificates",
    "remove_domain_extensions",
    "remove_regional_certificate",
    "remove_tags",
    "replace_tags",
    "roll_back_binding",
    "roll_back_listener",
    "set_default_servers",
    "set_forwarded_headers",
    "set_mutual_authentication",
    "set_tags",
    "start_listener",
    "stop_listener",
    "update_listener",
    "update_load_balancer",
    "update_security_policy",
    "update_server_group",
    "upload_regional_certificate",
)
