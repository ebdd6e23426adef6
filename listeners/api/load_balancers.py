"""REST: load balancers."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from access.actors import actor_of
from access.rest import PageOut, PageParameters, expected_revision, whole, with_etag
from console.tables import Page
from listeners import selectors, services
from listeners.models import LoadBalancer
from listeners.schemas.load_balancers import LoadBalancerIn, LoadBalancerOut, LoadBalancerPatch, LoadBalancersQuery
from listeners.schemas.reference import DeletionOut, QuotaUsageOut
from listeners.selectors import DeletionImpact

router = Router(tags=["load balancers"])


@router.get("/load-balancers", response=PageOut[LoadBalancerOut], operation_id="listLoadBalancers")
def list_load_balancers(
    request: HttpRequest, page: PageParameters, wanted: Annotated[LoadBalancersQuery, Query()]
) -> Page[LoadBalancer]:
    """List load balancers by name."""
    filters = wanted.model_dump(exclude={"q"})
    found = selectors.load_balancers(wanted.q, page.cursor, page.limit, **filters)
    selectors.load_tags("load_balancer", found)
    return found


@router.post("/load-balancers", response={201: LoadBalancerOut}, operation_id="createLoadBalancer")
def create_load_balancer(request: HttpRequest, response: HttpResponse, body: LoadBalancerIn) -> Status[LoadBalancer]:
    """Create a load balancer."""
    created = services.create_load_balancer(actor_of(request), **body.given())
    return Status(201, _shown(response, created.pk))


@router.get("/load-balancers/{load_balancer_id}", response=LoadBalancerOut, operation_id="getLoadBalancer")
def get_load_balancer(request: HttpRequest, response: HttpResponse, load_balancer_id: str) -> LoadBalancer:
    """Show a load balancer."""
    return _shown(response, load_balancer_id)


@router.patch("/load-balancers/{load_balancer_id}", response=LoadBalancerOut, operation_id="updateLoadBalancer")
def update_load_balancer(
    request: HttpRequest, response: HttpResponse, load_balancer_id: str, body: LoadBalancerPatch
) -> LoadBalancer:
    """Change the fields that are sent; a new address moves all listeners, whose connections end."""
    services.update_load_balancer(
        actor_of(request),
        load_balancer_id,
        expected_revision=expected_revision(request),
        **body.model_dump(exclude_unset=True),
    )
    return _shown(response, load_balancer_id)


@router.delete("/load-balancers/{load_balancer_id}", response={204: None}, operation_id="deleteLoadBalancer")
def delete_load_balancer(request: HttpRequest, load_balancer_id: str, *, cascade: bool = False) -> Status[None]:
    """Delete a load balancer; one that has listeners only with ``cascade=true``, which deletes them too."""
    services.delete_load_balancer(
        actor_of(request), load_balancer_id, cascade=cascade, expected_revision=expected_revision(request)
    )
    return Status(204, None)


@router.get(
    "/load-balancers/{load_balancer_id}/deletion", response=DeletionOut, operation_id="previewLoadBalancerDeletion"
)
def preview_deletion(request: HttpRequest, load_balancer_id: str) -> DeletionImpact:
    """Tell what deleting the load balancer with its listeners would do, and do nothing."""
    return selectors.load_balancer_deletion(selectors.load_balancer_by_id(load_balancer_id))


@router.get(
    "/load-balancers/{load_balancer_id}/quotas", response=PageOut[QuotaUsageOut], operation_id="listLoadBalancerQuotas"
)
def list_quota_usage(request: HttpRequest, load_balancer_id: str) -> dict[str, object]:
    """Tell how much of each limit the load balancer uses."""
    return whole(selectors.quota_usage(selectors.load_balancer_by_id(load_balancer_id)))


def _shown(response: HttpResponse, load_balancer_id: str) -> LoadBalancer:
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    selectors.load_tags("load_balancer", [balancer])
    return with_etag(response, balancer)
