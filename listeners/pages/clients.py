"""The clients that a listener with mutual authentication has seen, and the step from observing them to enforcing."""

import csv
from collections.abc import Iterator

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from console.errors import ConflictError, DomainError
from listeners import selectors, services
from listeners.impact import impact_of
from listeners.models import Listener, ObservedClient
from listeners.pages.curl import curl
from listeners.pages.editing import opened_from
from listeners.pages.frames import frame
from listeners.selectors.clients import Narrowing

CSV_COLUMNS = (
    "sha256",
    "subject",
    "issuer",
    "serial",
    "not_after",
    "refusal",
    "connections",
    "first_seen",
    "last_seen",
)
CSV_CHUNK = 500
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Mode = Listener.MutualMode


@require_safe
def listener_clients(request: HttpRequest, listener_id: str) -> HttpResponse:
    """List the client certificates that a listener was shown."""
    listener = selectors.listener_by_id(listener_id)
    query, only = request.GET.get("q", "").strip(), request.GET.get("only", "")
    context = frame(listener, "clients") | {
        "summary": selectors.client_summary(listener),
        "page": selectors.clients_page(listener, query, only, request.GET.get("cursor", "")),
        "query": query,
        "only": only,
        "narrowings": Narrowing.choices,
    }
    return render(request, "listeners/clients.html", context)


class _Echo:
    """What the csv module writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


@require_safe
def listener_clients_csv(request: HttpRequest, listener_id: str) -> StreamingHttpResponse:
    """Send the filtered list as CSV, line by line."""
    listener = selectors.listener_by_id(listener_id)
    found = selectors.clients_of(listener, request.GET.get("q", "").strip(), request.GET.get("only", ""))
    writer = csv.writer(_Echo())
    lines = (writer.writerow(row) for row in _rows(found.order_by("-last_seen_at", "-id")))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="clients-{listener.pk}.csv"'
    return answer


def _rows(found: "QuerySet[ObservedClient]") -> Iterator[list[str]]:
    yield list(CSV_COLUMNS)
    for row in found.iterator(chunk_size=CSV_CHUNK):
        dates = (row.first_seen_at.isoformat(), row.last_seen_at.isoformat())
        end = row.not_after.isoformat() if row.not_after else ""
        cells = (row.sha256, row.subject, row.issuer, row.serial, end, row.refusal, str(row.connections), *dates)
        yield [f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in cells]


@require_http_methods(["GET", "HEAD", "POST"])
def mutual_mode_switch(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Ask whether to go from observing to enforcing, or back, after saying what that does; then do it."""
    listener = selectors.listener_by_id(listener_id)
    if not listener.mutual_authentication:
        raise ConflictError(
            _("Listener “%(listener)s” asks no client for a certificate.") % {"listener": listener},
            "listener.mutual-authentication-off",
            way_out=_("Enable mutual authentication first."),
        )
    wanted = Mode.ENFORCE if listener.mutual_authentication_mode == Mode.OBSERVE else Mode.OBSERVE
    error: DomainError | None = None
    if request.method == "POST":
        error = _switch(request, listener, request.POST.get("mode", ""))
        if error is None:
            return redirect("listener-ca", listener_id=listener.pk)
        listener.refresh_from_db()
    body = {"enabled": True, "mode": wanted.value}
    context = frame(listener, "ca") | {
        "wanted": wanted,
        "error": error,
        "impact": impact_of(f"mutual-{wanted.value}"),
        "summary": selectors.client_summary(listener),
        "command": curl("PUT", f"/listeners/{listener.pk}/mutual-authentication", body, revision=listener.revision),
    }
    return render(request, "listeners/mutual_mode.html", context, status=error.status if error else 200)


def _switch(request: HttpRequest, listener: Listener, mode: str) -> DomainError | None:
    opened = opened_from(request)
    try:
        services.set_mutual_authentication(
            actor_of(request),
            listener.pk,
            enabled=True,
            mode=mode,
            expected_revision=opened.revision if opened else listener.revision,
        )
    except DomainError as error:
        return error
    done = {
        Mode.ENFORCE.value: _("Clients without a valid certificate are refused from now on."),
        Mode.OBSERVE.value: _("Every client is let in from now on, and recorded."),
    }
    messages.success(request, done[mode])
    return None
