"""Request headers of a listener: the form, then what the change does, then the change."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from console.errors import DomainError, StaleError
from console.forms import add_domain_error
from listeners import selectors, services
from listeners.header_forms import HeadersForm, change_of, stored_headers
from listeners.impact import IMPACTS
from listeners.legality import refuse_settings
from listeners.models import Listener
from listeners.pages.curl import curl
from listeners.pages.editing import Difference, Opened, differences, merged, opened_from
from listeners.pages.frames import frame


@require_http_methods(["GET", "HEAD", "POST"])
def listener_headers(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Show and change what servers are told of clients."""
    listener = selectors.listener_by_id(listener_id)
    refuse_settings(listener.load_balancer, listener.protocol, {"forwarded_headers": True})
    form = HeadersForm(request.POST if request.method == "POST" else None, listener=listener)
    stored = stored_headers(listener, form)
    now = Opened(listener.revision, stored)
    if request.method != "POST":
        form.initial = stored
        return _page(request, listener, form, now)
    opened = opened_from(request) or now
    go = request.POST.get("go", "review")
    if go == "back":
        typed = {name: form[name].value() for name in form.fields}
        return _page(request, listener, HeadersForm(initial=typed, listener=listener), opened)
    if not form.is_valid():
        return _page(request, listener, form, opened)
    changed = differences(form, opened.values, _normal(form))
    if not changed:
        messages.info(request, _("Nothing was changed."))
        return redirect("listener-headers", listener_id=listener.pk)
    return (
        _save(request, listener, form, opened, changed)
        if go == "confirm"
        else _review(request, listener, form, opened, changed)
    )


def _normal(form: HeadersForm) -> dict[str, Any]:
    """Return what was typed with the line ends that were shown."""
    return {
        name: "\n".join(value.split()) if name == "trusted_sources" else value
        for name, value in form.cleaned_data.items()
    }


def _page(
    request: HttpRequest, listener: Listener, form: HeadersForm, opened: Opened, stale: dict[str, Any] | None = None
) -> HttpResponse:
    context = frame(listener, "headers") | {"form": form, "opened": opened, "stale": stale}
    status = 409 if stale else 422 if form.errors else 200
    return render(request, "listeners/headers.html", context, status=status)


def _values(form: HeadersForm, changed: Sequence[Difference]) -> dict[str, Any]:
    values = {each.field: form.cleaned_data[each.field] for each in changed}
    if "trusted_sources" in values:
        values["trusted_sources"] = values["trusted_sources"].split()
    return values


def _review(
    request: HttpRequest, listener: Listener, form: HeadersForm, opened: Opened, changed: Sequence[Difference]
) -> HttpResponse:
    labels: dict[str, list[str]] = {}
    for each in changed:
        labels.setdefault(change_of(each.field), []).append(each.label)
    context = {
        "listener": listener,
        "form": form,
        "opened": opened,
        "changed": changed,
        "labels": {change: ", ".join(dict.fromkeys(fields)) for change, fields in labels.items()},
        "impacts": sorted((IMPACTS[change] for change in labels), key=lambda impact: -impact.severity),
        "command": curl(
            "PATCH", f"/listeners/{listener.pk}/forwarded-headers", _values(form, changed), revision=opened.revision
        ),
    }
    return render(request, "listeners/listener_review.html", context)


def _save(
    request: HttpRequest, listener: Listener, form: HeadersForm, opened: Opened, changed: Sequence[Difference]
) -> HttpResponse:
    """Save only what this operator changed."""
    try:
        services.set_forwarded_headers(
            actor_of(request), listener.pk, expected_revision=opened.revision, **_values(form, changed)
        )
    except StaleError as error:
        listener = selectors.listener_by_id(listener.pk)
        stored = stored_headers(listener, form)
        stale = {"error": error, "theirs": differences(form, opened.values, stored)}
        form = HeadersForm(initial=merged(form, opened, stored), listener=listener)
        return _page(request, listener, form, Opened(listener.revision, stored), stale)
    except DomainError as error:
        add_domain_error(form, error)
        return _page(request, listener, form, opened)
    messages.success(request, _("The request headers are saved."))
    return redirect("listener-headers", listener_id=listener.pk)
