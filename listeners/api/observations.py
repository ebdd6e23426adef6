"""REST: what the nodes observed."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from access.actors import actor_of
from access.rest import PageOut, PageParameters, whole
from console.tables import Page
from listeners import selectors, services
from listeners.models import ServedReceipt
from listeners.schemas.observations import ListenerServerOut, NodeOut, ReceiptOut, StatusOut

router = Router(tags=["observations"])


@router.get("/listeners/{listener_id}/status", response=StatusOut, operation_id="getListenerStatus")
def get_status(request: HttpRequest, listener_id: str) -> dict[str, Any]:
    """Tell how a listener is: wanted, in one word, and node by node."""
    listener = selectors.listener_by_id(listener_id)
    return {"desired": listener.desired, "state": listener.state, "nodes": selectors.statuses_of(listener)}


@router.get("/listeners/{listener_id}/receipts", response=PageOut[ReceiptOut], operation_id="listServedReceipts")
def list_receipts(request: HttpRequest, listener_id: str, page: PageParameters) -> Page[ServedReceipt]:
    """List what real handshakes with the listener returned, newest first."""
    return selectors.receipts_of(selectors.listener_by_id(listener_id), page.cursor, page.limit)


@router.get(
    "/listeners/{listener_id}/server-health", response=PageOut[ListenerServerOut], operation_id="listServerHealth"
)
def list_server_health(request: HttpRequest, listener_id: str) -> dict[str, object]:
    """List what the health checks say of the servers behind the listener, with the reason."""
    return whole(selectors.server_health_of(selectors.listener_by_id(listener_id)))


@router.get("/nodes", response=PageOut[NodeOut], operation_id="listNodes")
def list_nodes(request: HttpRequest) -> dict[str, object]:
    """List the nodes."""
    return whole(selectors.nodes())


@router.delete("/nodes/{path:node}", response={204: None}, operation_id="forgetNode")
def forget_node(request: HttpRequest, node: str) -> Status[None]:
    """Forget a node that is gone for good: what is told of it is resolved. Refused while it reports."""
    services.forget_node(actor_of(request), node)
    return Status(204, None)
