"""The change feed as a page: what was changed, by whom, when and how."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from console.tables import keyset_page
from dashboard.links import page_of
from events.models import Change

TYPES: dict[str, str | Promise] = {
    "certificate": _("Certificate"),
    "load_balancer": _("Load balancer"),
    "listener": _("Listener"),
    "server_group": _("Server group"),
    "authority": _("Authority"),
    "ca_repository": _("CA repository"),
    "certificate_request": _("Certificate request"),
    "renewal": _("Renewal"),
    "acme_account": _("ACME account"),
    "channel": _("Channel"),
    "allowed_range": _("Allowed range"),
    "heartbeat": _("Heartbeat"),
    "node": _("Node"),
    "quota": _("Limit"),
    "security_policy": _("TLS security policy"),
    "user": _("User"),
    "token": _("Token"),
    "access_key": _("Access key"),
    "deployment_job": _("Deployment job"),
}
INTERFACES: dict[str, str | Promise] = {
    "page": _("Console"),
    "rest": _("REST API"),
    "cloud": _("Cloud API"),
    "command": _("Command line"),
    "system": _("Automatic"),
}
_FILTERS = {"type": "object_type", "via": "actor_via", "object": "object_id", "who": "actor_name__icontains"}


@require_safe
def change_list(request: HttpRequest) -> HttpResponse:
    """List the changes, newest first."""
    page = keyset_page(_filtered(request.GET), ("-id",), request.GET.get("cursor", ""))
    rows = [(change, TYPES.get(change.object_type, change.object_type), page_of(change)) for change in page]
    context: dict[str, Any] = {"page": page, "rows": rows, "types": TYPES, "interfaces": INTERFACES}
    return render(request, "dashboard/changes.html", context)


def _filtered(query: Any) -> "QuerySet[Change]":
    changes = Change.objects.all()
    for parameter, lookup in _FILTERS.items():
        # PostgreSQL takes no NUL in a text, and no column has one.
        if value := query.get(parameter, "").replace("\0", "").strip():
            changes = changes.filter(**{lookup: value})
    return changes
