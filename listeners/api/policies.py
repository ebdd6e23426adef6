"""REST: TLS security policies, the system's and custom ones."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from access.actors import actor_of
from access.rest import PageOut, PageParameters, expected_revision, whole, with_etag
from console.tables import Page
from listeners import selectors, services
from listeners.models import Edition, Product, SecurityPolicy
from listeners.schemas.policies import ClientsOut, PolicyOut, SecurityPolicyIn, SecurityPolicyOut, SecurityPolicyPatch
from listeners.tls_policies import system_policies

router = Router(tags=["TLS security policies"])


@router.get("/tls-policies", response=PageOut[PolicyOut], operation_id="listTlsPolicies")
def list_system_policies(
    request: HttpRequest, product: Product = Product.NLB, edition: Edition | None = None
) -> dict[str, object]:
    """List the system policies of a product and edition: what each asks for, and what of it the engine offers."""
    return whole(list(system_policies(product, edition or "").values()))


@router.get("/security-policies", response=PageOut[SecurityPolicyOut], operation_id="listSecurityPolicies")
def list_security_policies(
    request: HttpRequest, page: PageParameters, q: str = "", region: str = ""
) -> Page[SecurityPolicy]:
    """List custom policies by name; `q` searches name and id."""
    return selectors.security_policies(q, region, page.cursor, page.limit)


@router.post("/security-policies", response={201: SecurityPolicyOut}, operation_id="createSecurityPolicy")
def create_security_policy(
    request: HttpRequest, response: HttpResponse, body: SecurityPolicyIn
) -> Status[SecurityPolicy]:
    """Create a custom policy for the listeners of a region."""
    created = services.create_security_policy(actor_of(request), **body.model_dump())
    return Status(201, _shown(response, created.pk))


@router.get("/security-policies/{policy_id}", response=SecurityPolicyOut, operation_id="getSecurityPolicy")
def get_security_policy(request: HttpRequest, response: HttpResponse, policy_id: str) -> SecurityPolicy:
    """Show a custom policy."""
    return _shown(response, policy_id)


@router.patch("/security-policies/{policy_id}", response=SecurityPolicyOut, operation_id="updateSecurityPolicy")
def update_security_policy(
    request: HttpRequest, response: HttpResponse, policy_id: str, body: SecurityPolicyPatch
) -> SecurityPolicy:
    """Change the fields that are sent; every listener that uses the policy follows."""
    fields: dict[str, Any] = body.model_dump(exclude_unset=True)
    services.update_security_policy(
        actor_of(request), policy_id, expected_revision=expected_revision(request), **fields
    )
    return _shown(response, policy_id)


@router.delete("/security-policies/{policy_id}", response={204: None}, operation_id="deleteSecurityPolicy")
def delete_security_policy(request: HttpRequest, policy_id: str) -> Status[None]:
    """Delete a custom policy that no listener uses."""
    services.delete_security_policy(actor_of(request), policy_id, expected_revision=expected_revision(request))
    return Status(204, None)


@router.get("/listeners/{listener_id}/clients-of-week", response=ClientsOut, operation_id="listClientsOfWeek")
def list_clients(request: HttpRequest, listener_id: str, security_policy: str = "") -> ClientsOut:
    """Tell what the listener's clients negotiated in the last week, and what a policy makes of it (none: its own)."""
    listener = selectors.listener_by_id(listener_id)
    policy = selectors.judging_policy(listener, security_policy)
    return ClientsOut.from_orm(selectors.clients_of_week(policy, [listener]))


def _shown(response: HttpResponse, policy_id: str) -> SecurityPolicy:
    return with_etag(response, selectors.security_policy_by_id(policy_id))
