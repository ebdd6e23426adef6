"""Creating and changing a server group: its form shows what fits the protocol, with or without scripts."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from console.errors import DomainError, StaleError
from console.forms import add_domain_error
from console.returning import return_address, with_query
from listeners import selectors, services
from listeners.group_facts import client_address_note, protocol_offers
from listeners.models import Server, ServerGroup
from listeners.pages.editing import Difference, Opened, differences, merged, opened_from
from listeners.pages.pickers import Picker, picker, search_name
from listeners.server_group_forms import FORM_FIELDS, ServerGroupForm, ServerRows, ServersFormSet, stored_of
from listeners.services import ServerSpec

METHODS = ["GET", "HEAD", "POST"]
ROWS_ADDED = 3
CHOICE = "protocol:"  # what begins the value of a button that chooses a protocol
# Buttons that change what the form shows; nothing is judged or saved.
UNJUDGED = ("add-row", "search", CHOICE)


@require_http_methods(METHODS)
def server_group_create(request: HttpRequest) -> HttpResponse:
    """Create a server group; ``next`` leads back to the wizard that asked for it."""
    protocol, back = _chosen_protocol(request), return_address(request)
    context: dict[str, Any] = {"next": back, "protocols": protocol_offers()}
    if request.method != "POST":
        form, rows = ServerGroupForm(protocol=protocol), ServerRows(prefix="servers")
        return _form_page(request, context | {"form": form, "rows": rows})
    if request.POST.get("go", "").startswith(UNJUDGED):
        return _form_page(request, context | _as_typed(request.POST, protocol))
    context |= _judged(request.POST, protocol)
    if not _is_valid(context):
        return _form_page(request, context)
    try:
        group = services.create_server_group(
            actor_of(request), protocol=protocol, servers=_specs(context["rows"]), **context["form"].settings
        )
    except DomainError as error:
        return _refused(request, context, error)
    messages.success(request, _("Server group “%(name)s” is created.") % {"name": group})
    if back:
        return redirect(with_query(back, server_group=group.pk))
    return redirect("server-group-detail", server_group_id=group.pk)


def _chosen_protocol(request: HttpRequest) -> str:
    go = request.POST.get("go", "")
    chosen = go.removeprefix(CHOICE) if go.startswith(CHOICE) else request.POST.get("protocol", "")
    chosen = chosen or request.GET.get("protocol", "")
    return chosen if chosen in ServerGroup.Protocol.values else ServerGroup.Protocol.TCP.value


@require_http_methods(METHODS)
def server_group_edit(request: HttpRequest, server_group_id: str) -> HttpResponse:
    """Change a server group and its servers."""
    group = selectors.server_group_by_id(server_group_id)
    if request.method != "POST":
        form = ServerGroupForm(initial=stored_of(group), protocol=group.protocol)
        return _form_page(
            request, {"form": form, "rows": _stored_rows(group), "group": group, "opened": _opened(group)}
        )
    context: dict[str, Any] = {"group": group, "opened": opened_from(request) or _opened(group)}
    if request.POST.get("go", "").startswith(UNJUDGED):
        return _form_page(request, context | _as_typed(request.POST, group.protocol))
    context |= _judged(request.POST, group.protocol)
    if not _is_valid(context):
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
            **form.settings,
        )
    except StaleError as error:
        return _form_page(request, context | _after_another(context, error))
    except DomainError as error:
        return _refused(request, context, error)
    messages.success(request, _("Server group “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return redirect("server-group-detail", server_group_id=group.pk)


def _after_another(context: dict[str, Any], error: StaleError) -> dict[str, Any]:
    """Return the form with what was typed and, where nothing was, what somebody else saved meanwhile."""
    opened, form = context["opened"], context["form"]
    group = selectors.server_group_by_id(context["group"].pk)
    now = _opened(group)
    stale = {"error": error, "theirs": _theirs(form, opened.values, now.values)}
    fresh = ServerGroupForm(initial=merged(form, opened, now.values), protocol=group.protocol)
    shown = {"form": fresh, "stale": stale, "group": group, "opened": now}
    if opened.values.get("servers") == _typed_servers(context["rows"]):
        shown["rows"] = _stored_rows(group)
    return shown


def _opened(group: ServerGroup) -> Opened:
    servers = ", ".join(_told(server) for server in group.servers.all())
    return Opened(group.revision, stored_of(group) | {"servers": servers})


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


def _judged(data: QueryDict, protocol: str) -> dict[str, Any]:
    return {"form": ServerGroupForm(data, protocol=protocol), "rows": ServerRows(data, prefix="servers")}


def _as_typed(data: QueryDict, protocol: str) -> dict[str, Any]:
    """Return both forms with what was typed, unjudged; on "add-row" with more empty rows."""
    rows = ServerRows(data, prefix="servers")
    typed = [{name: row[name].value() for name in row.fields} for row in rows.forms]
    kept = [row for row in typed if row["address"] and not row.get("DELETE")]
    more = ServerRows(initial=kept, prefix="servers")
    more.extra = ROWS_ADDED if data.get("go") == "add-row" else 2
    return {"form": ServerGroupForm(initial=_typed_settings(data, protocol), protocol=protocol), "rows": more}


def _typed_settings(data: QueryDict, protocol: str) -> dict[str, Any]:
    """Return what was typed; of a form for another protocol only the name, since its defaults are others."""
    form = ServerGroupForm(data, protocol=protocol)
    is_same = data.get("protocol", protocol) == protocol
    return {name: form[name].value() for name in form.fields if is_same or name == "name"}


def _is_valid(context: Mapping[str, Any]) -> bool:
    # Both are judged, so that every error is shown at once.
    return all([context["form"].is_valid(), context["rows"].is_valid()])


def _specs(rows: ServersFormSet) -> list[ServerSpec]:
    return [
        ServerSpec(row["address"], row["port"], 100 if row["weight"] is None else row["weight"], row["description"])
        for row in rows.filled()
    ]


def _refused(request: HttpRequest, context: dict[str, Any], error: DomainError) -> HttpResponse:
    if error.field == "servers":
        return _form_page(request, context | {"servers_error": error})
    add_domain_error(context["form"], error, FORM_FIELDS)
    return _form_page(request, context)


def _form_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    is_refused = context["form"].errors or context["rows"].total_error_count() or "servers_error" in context
    status = 409 if "stale" in context else 422 if is_refused else 200
    shown = context | _form_words(context) | {"picker": _authority_picker(request, context["form"])}
    return render(request, "listeners/server_group_form.html", shown, status=status)


def _authority_picker(request: HttpRequest, form: ServerGroupForm) -> Picker | None:
    """Return the choice of the CA certificate that verifies servers, where the protocol has one."""
    name = "ca_certificate_id"
    if name not in form.fields:
        return None
    data = request.POST
    return picker(
        name,
        [str(form[name].value() or "")],
        data.get(search_name(name), ""),
        errors=[str(error) for error in form.errors.get(name, ())],
        ca_source=data.get("ca_source", ""),
        ca_repository_id=data.get("ca_repository_id", ""),
    )


def _form_words(context: dict[str, Any]) -> dict[str, Any]:
    """Return the form's title, where Cancel leads, and what servers see of clients."""
    group, form = context.get("group"), context["form"]
    words = {"client_address": client_address_note(form.protocol), "protocol": form.protocol}
    if group:
        return words | {
            "title": _("Edit server group"),
            "cancel_url": reverse("server-group-detail", args=[group.pk]),
        }
    return words | {"title": _("Create server group"), "cancel_url": context["next"] or reverse("server-group-list")}
