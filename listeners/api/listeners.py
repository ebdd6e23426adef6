"""REST: listeners."""

from collections.abc import Sequence
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from access.actors import actor_of
from access.rest import PageOut, PageParameters, expected_revision
from console.tables import Page
from listeners import selectors, services
from listeners.api.answers import changed_listener, listener_answer
from listeners.models import Listener
from listeners.ports import port_warnings
from listeners.products import features_of, transport_of
from listeners.schemas.listeners import ListenerDetail, ListenerIn, ListenerOut, ListenerPatch, ListenersQuery
from listeners.schemas.reference import DeletionOut
from listeners.selectors import DeletionImpact
from listeners.warnings import ListenerWarning

router = Router(tags=["listeners"])


@router.get("/listeners", response=PageOut[ListenerOut], operation_id="listListeners")
def list_listeners(
    request: HttpRequest, page: PageParameters, wanted: Annotated[ListenersQuery, Query()]
) -> Page[Listener]:
    """List listeners by load balancer and port, or those of a load balancer, a server group or a certificate."""
    filters = selectors.ListenerFilter(**wanted.model_dump(exclude={"q"}))
    found = selectors.listeners(filters, wanted.q, page.cursor, page.limit)
    selectors.load_tags("listener", found)
    return found


@router.post("/listeners", response={201: ListenerDetail}, operation_id="createListener")
def create_listener(request: HttpRequest, response: HttpResponse, body: ListenerIn) -> Status[ListenerDetail]:
    """Create a listener; it serves within a moment, unless it is of a CLB: that starts stopped."""
    held = _port_warnings(body)
    created = services.create_listener(actor_of(request), **body.given())
    by_default = "security_policy" not in body.model_fields_set
    return Status(201, listener_answer(response, created.pk, before=held, policy_by_default=by_default))


def _port_warnings(body: ListenerIn) -> Sequence[ListenerWarning]:
    """Ask for the port before the listener exists; afterwards it is the listener itself that holds it."""
    balancer = selectors.find_load_balancer(body.load_balancer_id)
    if balancer is None or body.desired == Listener.Desired.STOPPED:
        return ()
    if not body.desired and not features_of(balancer).starts_running:
        return ()
    return port_warnings(balancer.bind_address, body.port, transport_of(body.protocol))


@router.get("/listeners/{listener_id}", response=ListenerDetail, operation_id="getListener")
def get_listener(request: HttpRequest, response: HttpResponse, listener_id: str) -> ListenerDetail:
    """Show a listener."""
    return listener_answer(response, listener_id)


@router.patch("/listeners/{listener_id}", response=ListenerDetail, operation_id="updateListener")
def update_listener(
    request: HttpRequest, response: HttpResponse, listener_id: str, body: ListenerPatch
) -> ListenerDetail:
    """Change the fields that are sent; certificates have resources of their own."""
    fields = body.model_dump(exclude_unset=True)
    return changed_listener(request, response, listener_id, services.update_listener, **fields)


@router.delete("/listeners/{listener_id}", response={204: None}, operation_id="deleteListener")
def delete_listener(request: HttpRequest, listener_id: str) -> Status[None]:
    """Delete a listener; its certificates and servers stay."""
    services.delete_listener(actor_of(request), listener_id, expected_revision=expected_revision(request))
    return Status(204, None)


@router.get("/listeners/{listener_id}/deletion", response=DeletionOut, operation_id="previewListenerDeletion")
def preview_deletion(request: HttpRequest, listener_id: str) -> DeletionImpact:
    """Tell what deleting the listener would do, and do nothing."""
    return selectors.listener_deletion(selectors.listener_by_id(listener_id))


@router.post("/listeners/{listener_id}/start", response=ListenerDetail, operation_id="startListener")
def start_listener(request: HttpRequest, response: HttpResponse, listener_id: str) -> ListenerDetail:
    """Have the listener accept connections."""
    return changed_listener(request, response, listener_id, services.start_listener)


@router.post("/listeners/{listener_id}/stop", response=ListenerDetail, operation_id="stopListener")
def stop_listener(request: HttpRequest, response: HttpResponse, listener_id: str) -> ListenerDetail:
    """Have the listener refuse new connections."""
    return changed_listener(request, response, listener_id, services.stop_listener)
