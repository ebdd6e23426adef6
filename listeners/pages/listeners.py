"""Pages of one listener: what it is set to, what it does, and changing it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from access.actors import actor_of
from certificates.selectors import certificate_by_id
from console.errors import DomainError, StaleError
from listeners import selectors, services
from listeners.impact import impacts_of_fields
from listeners.listener_forms import EditListenerForm, scope_of, stored_values
from listeners.models import Listener, ServerGroup
from listeners.pages.curl import curl
from listeners.pages.editing import Difference, Opened, differences, labels_of_changes, merged, opened_from
from listeners.pages.failures import explained
from listeners.pages.frames import frame, table
from listeners.pages.pickers import picker, search_name
from listeners.warnings import name_warnings, policy_warnings, server_warnings, validity_warnings

METHODS = ["GET", "HEAD", "POST"]
RECEIPTS = 20


@require_safe
def listener_list(request: HttpRequest) -> HttpResponse:
    """List the listeners of all load balancers, or those that a server group or a certificate is used by."""
    group, certificate = request.GET.get("server_group", ""), request.GET.get("certificate", "")
    wanted = selectors.ListenerFilter(server_group_id=group, certificate_id=certificate)
    query = request.GET.get("q", "").strip()
    page = selectors.listeners(wanted, query, request.GET.get("cursor", ""))
    context = table(page.items) | {
        "page": page,
        "query": query,
        "used": selectors.server_group_by_id(group) if group else certificate_by_id(certificate) if certificate else "",
        "hidden": {"server_group": group, "certificate": certificate},
    }
    return render(request, "listeners/listener_list.html", context)


@require_safe
def listener_detail(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Show what a listener is set to, beside its live part."""
    listener = selectors.listener_by_id(listener_id)
    bindings, policy = selectors.bindings_of(listener), selectors.policy_of(listener)
    context = _live(listener) | {
        "policy": policy,
        "bindings": bindings,
        "announcer": getattr(listener, "announced_by", None) if listener.protocol == Listener.Protocol.QUIC else None,
        "warnings": [
            *policy_warnings(policy),
            *validity_warnings(bindings, timezone.now()),
            *name_warnings(bindings),
            *server_warnings(listener.server_group),
        ],
    }
    return render(request, "listeners/listener_detail.html", context)


@require_safe
@cache_control(private=True, no_cache=True)
@conditional_page
def listener_live(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Answer the live part alone; unchanged, it is a 304."""
    return render(request, "listeners/listener_live.html", _live(selectors.listener_by_id(listener_id)))


def _live(listener: Listener) -> dict[str, Any]:
    statuses = selectors.statuses_of(listener)
    failures = explained(statuses)
    return frame(listener, "details") | {
        "live_nodes": {status.node for status in listener.live_statuses},
        "statuses": statuses,
        "failures": failures,
        "failed": sum(failure.count for failure in failures),
        "handshakes": sum(status.handshakes for status in statuses),
        "active": sum(status.connections_active for status in statuses),
        "received": sum(status.bytes_received for status in statuses),
        "sent": sum(status.bytes_sent for status in statuses),
        "servers": selectors.server_health_of(listener),
        "receipts": selectors.receipts_of(listener, size=RECEIPTS).items,
    }


@require_safe
def listener_changes(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Show what was changed of a listener, newest first."""
    listener = selectors.listener_by_id(listener_id)
    page = selectors.changes_of_listener(listener, cursor=request.GET.get("cursor", ""))
    context = frame(listener, "changes") | {"page": page, "earlier": selectors.earlier_states(listener, page)}
    return render(request, "listeners/listener_changes.html", context)


@require_http_methods(METHODS)
def listener_edit(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Change a listener: the form, then what the change does, then the change."""
    listener = selectors.listener_by_id(listener_id)
    scope = scope_of(listener)
    form = EditListenerForm(request.POST if request.method == "POST" else None, scope=scope)
    stored = stored_values(listener, form)
    now = Opened(listener.revision, stored)
    if request.method != "POST":
        form.initial = stored
        return _edit_page(request, listener, form, now)
    go = request.POST.get("go", "review")
    opened = opened_from(request) or now
    if go in {"back", "search"}:
        return _edit_page(request, listener, EditListenerForm(initial=_typed(form), scope=scope), opened)
    if not form.is_valid():
        return _edit_page(request, listener, form, opened)
    changed = differences(form, opened.values, form.cleaned_data)
    if not changed:
        messages.info(request, _("Nothing was changed."))
        return redirect("listener-detail", listener_id=listener.pk)
    if go == "confirm":
        return _save(request, listener, form, opened, changed)
    return _review(request, listener, form, opened, changed)


def _typed(form: EditListenerForm) -> dict[str, Any]:
    """Return what was typed, unjudged."""
    return {name: form[name].value() for name in form.fields}


def _edit_page(
    request: HttpRequest,
    listener: Listener,
    form: EditListenerForm,
    opened: Opened,
    stale: dict[str, Any] | None = None,
) -> HttpResponse:
    searched = request.POST.get(search_name("server_group_id"), "")
    group = form["server_group_id"]
    context = frame(listener, "details") | {
        "form": form,
        "opened": opened,
        "stale": stale,
        "policies": form.policies,
        "picker": picker(
            "server_group_id",
            [str(group.value() or "")],
            searched,
            errors=[str(error) for error in group.errors],
            balancer=listener.load_balancer,
            protocol=listener.protocol,
        ),
    }
    status = 409 if stale else 422 if form.errors else 200
    return render(request, "listeners/listener_form.html", context, status=status)


def _review(
    request: HttpRequest, listener: Listener, form: EditListenerForm, opened: Opened, changed: Sequence[Difference]
) -> HttpResponse:
    values = {difference.field: form.cleaned_data[difference.field] for difference in changed}
    context = {
        "listener": listener,
        "form": form,
        "opened": opened,
        "changed": _named_groups(changed),
        "labels": labels_of_changes(changed, listener.protocol),
        "impacts": impacts_of_fields(values, listener.protocol),
        "command": curl("PATCH", f"/listeners/{listener.pk}", values, revision=opened.revision),
    }
    return render(request, "listeners/listener_review.html", context)


def _named_groups(changed: Sequence[Difference]) -> list[Difference]:
    """Show server groups by their names."""
    ids = {value for each in changed if each.field == "server_group_id" for value in (each.before, each.after)}
    names = dict(ServerGroup.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [
        Difference(each.label, names.get(each.before, each.before), names.get(each.after, each.after), each.field)
        if each.field == "server_group_id"
        else each
        for each in changed
    ]


def _save(
    request: HttpRequest, listener: Listener, form: EditListenerForm, opened: Opened, changed: Sequence[Difference]
) -> HttpResponse:
    """Save only what this operator changed, so that nobody's other change is undone."""
    values = {difference.field: form.cleaned_data[difference.field] for difference in changed}
    try:
        services.update_listener(actor_of(request), listener.pk, expected_revision=opened.revision, **values)
    except StaleError as error:
        listener = selectors.listener_by_id(listener.pk)
        stored = stored_values(listener, form)
        theirs = _named_groups(differences(form, opened.values, stored))
        stale = {"error": error, "theirs": theirs}
        form = EditListenerForm(initial=merged(form, opened, stored), scope=form.scope)
        return _edit_page(request, listener, form, Opened(listener.revision, stored), stale)
    except DomainError as error:
        form.refuse(error)
        return _edit_page(request, listener, form, opened)
    messages.success(request, _("Listener “%(name)s” is saved.") % {"name": listener})
    return redirect("listener-detail", listener_id=listener.pk)
