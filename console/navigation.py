"""The sidebar: what there is, in which order, and what is current."""

from dataclasses import dataclass
from functools import cache

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Destination:
    """One line of the sidebar; ``prefixes`` are further addresses that belong to it."""

    label: str | Promise
    url_name: str
    icon: str
    prefixes: tuple[str, ...] = ()
    children: tuple["Destination", ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A destination as one page shows it."""

    label: str | Promise
    url: str
    icon: str
    is_current: bool
    children: tuple["Entry", ...] = ()


DESTINATIONS = (
    Destination(_("Dashboard"), "dashboard", "layout-dashboard"),
    Destination(
        _("Load balancers"),
        "load-balancer-list",
        "server-2",
        prefixes=("/listeners/", "/security-policies/", "/clb-certificates/"),
        children=(
            Destination(_("Load balancers"), "load-balancer-list", ""),
            Destination(_("Listeners"), "listener-list", ""),
            Destination(_("TLS security policies"), "policy-list", ""),
            Destination(_("CLB certificates"), "regional-certificate-list", ""),
        ),
    ),
    Destination(_("Server groups"), "server-group-list", "stack-2"),
    Destination(
        _("Certificates"),
        "certificate-list",
        "certificate",
        prefixes=("/certificate-requests/", "/deployment-jobs/"),
        children=(
            Destination(_("Certificates"), "certificate-list", ""),
            Destination(_("Requests"), "request-list", ""),
            Destination(_("Deployment jobs"), "deployment-job-list", ""),
        ),
    ),
    Destination(
        _("Authorities"),
        "authority-list",
        "shield-check",
        prefixes=("/ca-repositories/",),
        children=(
            Destination(_("Private authorities"), "authority-list", ""),
            Destination(_("CA repositories"), "repository-list", ""),
        ),
    ),
    Destination(_("Watch list"), "watched-list", "eye"),
    Destination(
        _("Renewals"),
        "renewal-list",
        "refresh",
        children=(
            Destination(_("Renewals"), "renewal-list", ""),
            Destination(_("ACME accounts"), "acme-account-list", ""),
        ),
    ),
    Destination(
        _("Alerts"),
        "notice-list",
        "bell",
        children=(
            Destination(_("Notices"), "notice-list", ""),
            Destination(_("Calendar"), "calendar", ""),
            Destination(_("Rules"), "alert-rule-list", ""),
            Destination(_("Contacts"), "contact-list", ""),
            Destination(_("Contact groups"), "contact-group-list", ""),
            Destination(_("Channels"), "channel-list", ""),
            Destination(_("Deliveries"), "delivery-list", ""),
            Destination(_("Allowed ranges"), "range-list", ""),
            Destination(_("Heartbeat"), "heartbeat", ""),
        ),
    ),
    Destination(_("Changes"), "change-list", "history"),
    Destination(_("Jobs"), "job-list", "list"),
    Destination(_("Nodes"), "node-list", "cpu"),
    Destination(_("Quotas"), "quota-list", "adjustments"),
)


def sidebar(path: str) -> list[Entry]:
    """Return the sidebar for the page at ``path``; a destination that is not installed is left out."""
    return [entry for destination in DESTINATIONS if (entry := _entry(destination, path))]


def _entry(destination: Destination, path: str) -> Entry | None:
    url = _address(destination.url_name)
    if not url:
        return None
    inside = url != "/" and path.startswith((url, *destination.prefixes))
    children = tuple(entry for child in destination.children if (entry := _entry(child, path)))
    return Entry(destination.label, url, destination.icon, inside or path == url, _single(children, path))


@cache
def _address(url_name: str) -> str:
    """Return where a destination is, empty where it is not installed."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _single(children: tuple[Entry, ...], path: str) -> tuple[Entry, ...]:
    """Keep only the closest of several current entries: /alerts/channels/ is below /alerts/ too."""
    closest = max((entry.url for entry in children if entry.is_current), key=len, default="")
    return tuple(Entry(entry.label, entry.url, entry.icon, entry.url == closest, entry.children) for entry in children)
