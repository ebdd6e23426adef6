"""REST: load balancers, server groups, listeners and their certificates, and what the nodes observed."""

from ninja import Router

from listeners.api.bindings import router as bindings_router
from listeners.api.ca_certificates import router as ca_certificates_router
from listeners.api.clients import router as clients_router
from listeners.api.domain_extensions import router as domain_extensions_router
from listeners.api.forwarding_rules import router as forwarding_rules_router
from listeners.api.history import router as history_router
from listeners.api.listeners import router as listeners_router
from listeners.api.load_balancers import router as load_balancers_router
from listeners.api.observations import router as observations_router
from listeners.api.policies import router as policies_router
from listeners.api.reference import router as reference_router
from listeners.api.regional_certificates import router as regional_certificates_router
from listeners.api.server_groups import router as server_groups_router
from listeners.api.tags import router as tags_router

router = Router()
for each in (
    load_balancers_router,
    server_groups_router,
    listeners_router,
    history_router,
    forwarding_rules_router,
    bindings_router,
    domain_extensions_router,
    ca_certificates_router,
    clients_router,
    observations_router,
    policies_router,
    reference_router,
    regional_certificates_router,
    tags_router,
):
    router.add_router("", each)
