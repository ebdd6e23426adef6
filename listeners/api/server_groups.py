"""REST: server groups with their servers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from access.actors import actor_of
from access.rest import PageOut, PageParameters, expected_revision, with_etag
from console.tables import Page
from listeners import selectors, services
from listeners.models import ServerGroup
from listeners.schemas.reference import DeletionOut
from listeners.schemas.server_groups import ServerGroupIn, ServerGroupOut, ServerGroupPatch, ServerGroupSummary
from listeners.selectors import DeletionImpact
from listeners.services import ServerSpec

router = Router(tags=["server groups"])


@router.get("/server-groups", response=PageOut[ServerGroupSummary], operation_id="listServerGroups")
def list_server_groups(request: HttpRequest, page: PageParameters, q: str = "") -> Page[ServerGroup]:
    """List server groups by name; `q` searches name, id and server addresses."""
    return selectors.server_groups(q, page.cursor, page.limit)


@router.post("/server-groups", response={201: ServerGroupOut}, operation_id="createServerGroup")
def create_server_group(request: HttpRequest, response: HttpResponse, body: ServerGroupIn) -> Status[ServerGroup]:
    """Create a server group with its servers."""
    created = services.create_server_group(actor_of(request), **_fields(body))
    return Status(201, _shown(response, created.pk))


@router.get("/server-groups/{server_group_id}", response=ServerGroupOut, operation_id="getServerGroup")
def get_server_group(request: HttpRequest, response: HttpResponse, server_group_id: str) -> ServerGroup:
    """Show a server group with its servers and their health."""
    return _shown(response, server_group_id)


@router.patch("/server-groups/{server_group_id}", response=ServerGroupOut, operation_id="updateServerGroup")
def update_server_group(
    request: HttpRequest, response: HttpResponse, server_group_id: str, body: ServerGroupPatch
) -> ServerGroup:
    """Change the fields that are sent; ``servers`` replaces them all."""
    services.update_server_group(
        actor_of(request), server_group_id, expected_revision=expected_revision(request), **_fields(body)
    )
    return _shown(response, server_group_id)


@router.delete("/server-groups/{server_group_id}", response={204: None}, operation_id="deleteServerGroup")
def delete_server_group(request: HttpRequest, server_group_id: str) -> Status[None]:
    """Delete a server group that no listener and no forwarding rule uses."""
    services.delete_server_group(actor_of(request), server_group_id, expected_revision=expected_revision(request))
    return Status(204, None)


@router.get(
    "/server-groups/{server_group_id}/deletion", response=DeletionOut, operation_id="previewServerGroupDeletion"
)
def preview_deletion(request: HttpRequest, server_group_id: str) -> DeletionImpact:
    """Tell whether the server group could be deleted, and do nothing."""
    return selectors.server_group_deletion(selectors.server_group_by_id(server_group_id))


def _fields(body: ServerGroupIn | ServerGroupPatch) -> dict[str, Any]:
    fields = body.model_dump(exclude_unset=True)
    if fields.get("servers") is not None:
        fields["servers"] = [ServerSpec(**server) for server in fields["servers"]]
    return fields


def _shown(response: HttpResponse, server_group_id: str) -> ServerGroup:
    return with_etag(response, selectors.server_group_by_id(server_group_id))
