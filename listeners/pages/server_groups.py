"""Pages of server groups: the list, one with its live health, and its deletion."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from access.actors import actor_of
from console.errors import DomainError
from listeners import selectors, services
from listeners.group_facts import client_address_note, facts_of
from listeners.group_usage import users_of
from listeners.pages.editing import Opened, opened_from

METHODS = ["GET", "HEAD", "POST"]
USERS_SHOWN = 50


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
    context = {
        "group": group,
        "facts": facts_of(group),
        "client_address": client_address_note(group.protocol),
        "users": users_of(group, USERS_SHOWN),
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
def server_group_delete(request: HttpRequest, server_group_id: str) -> HttpResponse:
    """Delete a server group that nothing uses; say who does otherwise."""
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
