"""From a row of the change feed to the page of what it is about."""

from django.urls import NoReverseMatch, reverse

from events.models import Change

DETAIL_PAGES = {
    "certificate": "certificate-detail",
    "load_balancer": "load-balancer-detail",
    "listener": "listener-detail",
    "server_group": "server-group-detail",
    "authority": "authority-detail",
    "ca_repository": "repository-detail",
    "certificate_request": "request-detail",
    "renewal": "renewal-detail",
    "acme_account": "acme-account-detail",
    "watched_address": "watched-detail",
    "deployment_job": "deployment-job-detail",
}


def page_of(change: Change) -> str:
    """Return the address of the changed object's page; empty for what has none or was deleted by this change."""
    name = DETAIL_PAGES.get(change.object_type)
    if name is None or change.kind.endswith(".deleted"):
        return ""
    try:
        return reverse(name, args=[change.object_id])
    except NoReverseMatch:
        return ""
