"""Going back to what a listener was: what would differ, then the change."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from console.errors import DomainError
from listeners import selectors, services
from listeners.models import Listener
from listeners.pages.curl import curl
from listeners.pages.editing import opened_from
from listeners.pages.frames import frame
from listeners.previews import preview


@require_http_methods(["GET", "HEAD", "POST"])
def listener_roll_back(request: HttpRequest, listener_id: str, change_id: int) -> HttpResponse:
    """Show what going back to the state after a change would do; do it when it was confirmed."""
    listener = selectors.listener_by_id(listener_id)
    if request.method != "POST":
        return _page(request, listener, change_id)
    opened = opened_from(request)
    try:
        services.roll_back_listener(
            actor_of(request), listener.pk, change_id, expected_revision=opened.revision if opened else None
        )
    except DomainError as refused:
        return _page(request, selectors.listener_by_id(listener_id), change_id, refused)
    messages.success(request, _("The listener is as it was then."))
    return redirect("listener-detail", listener_id=listener_id)


def _page(request: HttpRequest, listener: Listener, change_id: int, error: DomainError | None = None) -> HttpResponse:
    context = frame(listener, "changes") | {
        "change": selectors.change_of_state(listener, change_id),
        "command": curl("POST", f"/listeners/{listener.pk}/history/{change_id}/roll-back", revision=listener.revision),
    }
    try:
        act = services.roll_back_listener
        context["preview"] = preview(listener.pk, lambda: act(actor_of(request), listener.pk, change_id))
    except DomainError as refused:
        error = error or refused
    return render(
        request, "listeners/listener_roll_back.html", context | {"error": error}, status=error.status if error else 200
    )
