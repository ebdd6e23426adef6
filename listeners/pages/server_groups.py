"""Pages of server groups."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from access.actors import actor_of
from console.errors import DomainError, StaleError
from console.forms import add_domain_error
from console.returning import return_address, with_query
from listeners import selectors, services
from listeners.forms import ServerGroupForm, ServerRows, ServersFormSet, initial_of
from listeners.models import Server, ServerGroup
from listeners.pages.editing import Difference, Opened, differences, merged, opened_from
from listeners.services import ServerSpec

METHODS = ["GET", "HEAD", "POST"]
ROWS_ADDED = 3
LISTENERS_SHOWN = 50


@require_safe
def server_group_list(request: HttpRequest) -> HttpResponse:
    """List the server groups, searched by name, id or server address."""
    query = request.GET.get("q", "").strip()
    page = selectors.server_groups(query=query, cursor=request.GET.get("cursor", ""))
    return render(request, "listeners/server_group_list.html", {"page": page, "query": query})


@require_safe
def server_group_detail(request: HttpRequest, server_group_id: str) -> HttpResponse:
    """Show a group's servers with their health, and who uses it."""
    group = selectors.server_group_by_id(server_group_id)
    listeners = selectors.listeners_of_server_group(group, LISTENERS_SHOWN)
    context = {
        "group": group,
        "listeners": listeners,
        "listeners_left_out": max(0, group.listener_count - len(listeners)),  # type: ignore[attr-defined]  # annotated
        "changes": selectors.changes_of_server_group(group, size=10),
    }
    return render(request, "listeners/server_group_detail.html", context)


@require_safe
@cache_control(private=True, no_cache=True)
@conditional_page
def server_group_live(request: HttpRequest, server_group_id: str) -> HttpResponse:
    """Answer the servers and their health alone; unchanged, it is a 304."""
    group = selectors.server_group_by_id(server_group_id)
    return render(request, "listeners/server_group_live.html", {"group": group})


@require_http_methods(METHODS)
def server_group_create(request: HttpRequest) -> HttpResponse:
    """Create a server group; ``next`` leads back to the wizard that asked for it."""
    back = return_address(request)
    if request.method != "POST":
        return _form_page(request, {"form": ServerGroupForm(), "rows": ServerRows(prefix="servers"), "next": back})
    form = ServerGroupForm(request.POST)
    rows = ServerRows(request.POST, prefix="servers")
    context: dict[str, Any] = {"form": form, "rows": rows, "next": back}
    if request.POST.get("go") == "add-row":
        return _form_page(request, context | _with_more_rows(request.POST))
    if not _is_valid(form, rows):
        return _form_page(request, context)
    try:
        group = services.create_server_group(actor_of(request), servers=_specs(rows), **form.cleaned_data)
    except DomainError as error:
        return _refused(request, context, error)
    messages.success(request, _("Server group “%(name)s” is created.") % {"name": group})
    if back:
        return redirect(with_query(back, server_group=group.pk))
    return redirect("server-group-detail", server_group_id=group.pk)


@require_http_methods(METHODS)
def server_group_edit(request: HttpRequest, server_group_id: str) -> HttpResponse:
    """Change a server group and its servers."""
    group = selectors.server_group_by_id(server_group_id)
    if request.method != "POST":
        form = ServerGroupForm(initial=initial_of(group, ServerGroupForm))
        return _form_page(
            request, {"form": form, "rows": _stored_rows(group), "group": group, "opened": _opened(group)}
        )
    form = ServerGroupForm(request.POST)
    rows = ServerRows(request.POST, prefix="servers")
    context: dict[str, Any] = {
        "form": form,
        "rows": rows,
        "group": group,
        "opened": opened_from(request) or _opened(group),
    }
    if request.POST.get("go") == "add-row":
        return _form_page(request, context | _with_more_rows(request.POST))
    if not _is_valid(form, rows):
        return _form_page(request, context)
    return _save(request, context)


def _save(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    group, opened, form = context["group"], context["opened"], context["form"]
    try:
        services.update_server_group(
            actor_of(request),
            group.pk,
            expected_revision=opened.revision,
            servers=_specs(context["rows"]),
            **form.cleaned_data,
        )
    except StaleError as error:
        group = selectors.server_group_by_id(group.pk)
        now = _opened(group)
        stale = {"error": error, "theirs": _theirs(form, opened.values, now.values)}
        context |= {"form": ServerGroupForm(initial=merged(form, opened, now.values))}
        if opened.values.get("servers") == _typed_servers(context["rows"]):
            context |= {"rows": _stored_rows(group)}
        return _form_page(request, context | {"stale": stale, "group": group, "opened": now})
    except DomainError as error:
        return _refused(request, context, error)
    messages.success(request, _("Server group “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return redirect("server-group-detail", server_group_id=group.pk)


def _opened(group: ServerGroup) -> Opened:
    servers = ", ".join(_told(server) for server in group.servers.all())
    return Opened(group.revision, initial_of(group, ServerGroupForm) | {"servers": servers})


def _told(server: Server) -> str:
    return _("%(server)s weight %(weight)s") % {"server": server, "weight": server.weight}


def _theirs(form: ServerGroupForm, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    found = differences(form, before, after)
    if before.get("servers", after["servers"]) != after["servers"]:
        found.append(Difference(_("Servers"), before["servers"] or "—", after["servers"] or "—", "servers"))
    return found


def _typed_servers(rows: ServersFormSet) -> str:
    typed = (Server(address=spec.address, port=spec.port, weight=spec.weight) for spec in _specs(rows))
    return ", ".join(_told(server) for server in typed)


def _stored_rows(group: ServerGroup) -> ServersFormSet:
    return ServerRows(initial=[_row(server) for server in group.servers.all()], prefix="servers")


def _row(server: Server) -> dict[str, Any]:
    return {name: getattr(server, name) for name in ("address", "port", "weight", "description")}


def _with_more_rows(data: QueryDict) -> dict[str, Any]:
    """Return both forms with what was typed, unjudged, and more empty rows."""
    form, rows = ServerGroupForm(data), ServerRows(data, prefix="servers")
    typed = [{name: row[name].value() for name in row.fields} for row in rows.forms]
    kept = [row for row in typed if row["address"] and not row.get("DELETE")]
    more = ServerRows(initial=kept, prefix="servers")
    more.extra = ROWS_ADDED
    return {"form": ServerGroupForm(initial={name: form[name].value() for name in form.fields}), "rows": more}


def _is_valid(form: ServerGroupForm, rows: ServersFormSet) -> bool:
    # Both are judged, so that every error is shown at once.
    return all([form.is_valid(), rows.is_valid()])


def _specs(rows: ServersFormSet) -> list[ServerSpec]:
    return [
        ServerSpec(row["address"], row["port"], 100 if row["weight"] is None else row["weight"], row["description"])
        for row in rows.filled()
    ]


def _refused(request: HttpRequest, context: dict[str, Any], error: DomainError) -> HttpResponse:
    if error.field == "servers":
        return _form_page(request, context | {"servers_error": error})
    add_domain_error(context["form"], error)
    return _form_page(request, context)


def _form_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    is_refused = context["form"].errors or context["rows"].total_error_count() or "servers_error" in context
    status = 409 if "stale" in context else 422 if is_refused else 200
    return render(request, "listeners/server_group_form.html", context | _form_words(context), status=status)


def _form_words(context: dict[str, Any]) -> dict[str, str]:
    """Return the form's title, and where Cancel leads."""
    group = context.get("group")
    if group:
        return {"title": _("Edit server group"), "cancel_url": reverse("server-group-detail", args=[group.pk])}
    return {"title": _("Create server group"), "cancel_url": context["next"] or reverse("server-group-list")}


@require_http_methods(METHODS)
def server_group_delete(request: HttpRequest, server_group_id: str) -> HttpResponse:
    """Delete a server group that no listener uses; say who does otherwise."""
    group = selectors.server_group_by_id(server_group_id)
    context: dict[str, Any] = {
        "group": group,
        "object": group,
        "deletion": selectors.server_group_deletion(group),
        "opened": Opened(group.revision, {}),
        "back_url": reverse("server-group-detail", args=[group.pk]),
    }
    if request.method == "POST":
        opened = opened_from(request) or context["opened"]
        try:
            services.delete_server_group(actor_of(request), group.pk, expected_revision=opened.revision)
        except DomainError as error:
            return render(
                request, "listeners/server_group_delete.html", context | {"error": error}, status=error.status
            )
        messages.success(request, _("Server group “%(name)s” is deleted.") % {"name": group})
        return redirect("server-group-list")
    return render(request, "listeners/server_group_delete.html", context)
