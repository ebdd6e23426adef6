"""What is done to a listener as a whole, after a confirmation: start, stop and delete."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from console.errors import DomainError
from listeners import selectors, services
from listeners.impact import impact_of
from listeners.models import Listener
from listeners.pages.curl import curl
from listeners.pages.editing import Opened, opened_from


@dataclass(frozen=True, slots=True)
class Act:
    """One act: its kind of change (see ``listeners.impact``), its words, and the service that does it."""

    change: str
    title: "str | Promise"
    button: "str | Promise"
    done: "str | Promise"
    do: Callable[..., object]
    is_dangerous: bool = True

    def command(self, listener: Listener) -> str:
        """Return the REST call that does the same."""
        method, path = ("DELETE", "") if self.change == "delete" else ("POST", f"/{self.change}")
        return curl(method, f"/listeners/{listener.pk}{path}", revision=listener.revision)


START = Act(
    "start",
    _("Start the listener"),
    _("Start"),
    _("The listener is started."),
    services.start_listener,
    is_dangerous=False,
)
STOP = Act("stop", _("Stop the listener"), _("Stop"), _("The listener is stopped."), services.stop_listener)
DELETE = Act("delete", _("Delete the listener"), _("Delete"), _("The listener is deleted."), services.delete_listener)


@require_http_methods(["GET", "HEAD", "POST"])
def listener_act(request: HttpRequest, listener_id: str, act: Act) -> HttpResponse:
    """Show what the act does; do it when it was confirmed."""
    listener = selectors.listener_by_id(listener_id)
    if request.method != "POST":
        return _page(request, listener, act)
    opened = opened_from(request) or Opened(listener.revision, {})
    try:
        act.do(actor_of(request), listener.pk, expected_revision=opened.revision)
    except DomainError as refused:
        return _page(request, selectors.listener_by_id(listener_id), act, refused)
    messages.success(request, str(act.done))
    if act is DELETE:
        return redirect("load-balancer-detail", load_balancer_id=listener.load_balancer_id)
    return redirect("listener-detail", listener_id=listener_id)


def _page(request: HttpRequest, listener: Listener, act: Act, error: DomainError | None = None) -> HttpResponse:
    context = {
        "listener": listener,
        "act": act,
        "error": error,
        "impact": impact_of(act.change),
        "opened": Opened(listener.revision, {}),
        "deletion": selectors.listener_deletion(listener),
        "command": act.command(listener),
    }
    return render(request, "listeners/listener_confirm.html", context, status=error.status if error else 200)
