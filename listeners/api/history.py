"""REST: go back to what a listener was, and see what a change would do."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from access.actors import actor_of
from access.rest import PageOut, PageParameters
from console.tables import Page
from events.models import Change
from listeners import selectors, services
from listeners.api.answers import changed_listener
from listeners.previews import Preview, preview
from listeners.schemas.history import ListenerStateOut, PreviewOut
from listeners.schemas.listeners import ListenerDetail, ListenerPatch

router = Router(tags=["listeners"])


@router.get("/listeners/{listener_id}/history", response=PageOut[ListenerStateOut], operation_id="listListenerHistory")
def list_history(request: HttpRequest, listener_id: str, page: PageParameters) -> Page[Change]:
    """List the changes after which the listener's state is kept, newest first."""
    return selectors.kept_states(selectors.listener_by_id(listener_id), page.cursor, page.limit)


@router.get("/listeners/{listener_id}/history/{change_id}", response=PreviewOut, operation_id="previewListenerRollback")
def preview_roll_back(request: HttpRequest, listener_id: str, change_id: int) -> Preview:
    """Tell what going back to the state after a change would do, and do nothing."""
    found = selectors.listener_by_id(listener_id)
    return preview(found.pk, lambda: services.roll_back_listener(actor_of(request), found.pk, change_id))


@router.post(
    "/listeners/{listener_id}/history/{change_id}/roll-back", response=ListenerDetail, operation_id="rollBackListener"
)
def roll_back(request: HttpRequest, response: HttpResponse, listener_id: str, change_id: int) -> ListenerDetail:
    """Go back to the state after a change: settings, certificates and forwarding rules. It can be gone back on too."""
    return changed_listener(request, response, listener_id, services.roll_back_listener, change_id=change_id)


@router.post("/listeners/{listener_id}/preview", response=PreviewOut, operation_id="previewListenerUpdate")
def preview_update(request: HttpRequest, listener_id: str, body: ListenerPatch) -> Preview:
    """Tell what changing these fields would do, in words and as the engine's diff, and do nothing."""
    found = selectors.listener_by_id(listener_id)
    fields = body.model_dump(exclude_unset=True)
    return preview(found.pk, lambda: services.update_listener(actor_of(request), found.pk, **fields))
