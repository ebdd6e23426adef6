"""Find certificates, listeners, load balancers and server groups by what an operator has at hand."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from certificates.selectors import certificates
from listeners.models import Listener, LoadBalancer, ServerGroup

MOST_HITS = 10
HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found, and where its page is."""

    title: str
    detail: str
    url: str
    not_after: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind; ``more_url`` leads to all of them where the list can show them."""

    title: str
    hits: Sequence[Hit]
    more_url: str = ""


def find(query: str) -> list[Group]:
    """Return what matches, a group for each kind that has a match."""
    groups = (_certificates(query), _listeners(query), _load_balancers(query), _server_groups(query))
    return [group for group in groups if group.hits]


def _certificates(query: str) -> Group:
    found = list(certificates(query=query)[: MOST_HITS + 1])
    hits = [
        Hit(
            certificate.name,
            f"{certificate.get_kind_display()} · {certificate.pk}",
            reverse("certificate-detail", args=[certificate.pk]),
            certificate.not_after,
        )
        for certificate in found[:MOST_HITS]
    ]
    all_url = f"{reverse('certificate-list')}?{urlencode({'q': query})}"
    return Group(_("Certificates"), hits, all_url if len(found) > MOST_HITS else "")


def _listeners(query: str) -> Group:
    matches = Q(name__icontains=query) | Q(pk=query) | Q(load_balancer__name__icontains=query)
    if query.isascii() and query.isdecimal() and int(query) <= HIGHEST_PORT:
        matches |= Q(port=int(query))
    found = Listener.objects.filter(matches).select_related("load_balancer").order_by("load_balancer__name", "port")
    hits = [
        Hit(
            str(listener),
            f"{listener.load_balancer.name} · {listener.protocol}:{listener.port} · {listener.pk}",
            reverse("listener-detail", args=[listener.pk]),
        )
        for listener in found[:MOST_HITS]
    ]
    return Group(_("Listeners"), hits)


def _load_balancers(query: str) -> Group:
    matches = Q(name__icontains=query) | Q(pk=query) | Q(bind_address__startswith=query)
    hits = [
        Hit(
            balancer.name,
            f"{balancer.bind_address} · {balancer.pk}",
            reverse("load-balancer-detail", args=[balancer.pk]),
        )
        for balancer in LoadBalancer.objects.filter(matches).order_by("name")[:MOST_HITS]
    ]
    return Group(_("Load balancers"), hits)


def _server_groups(query: str) -> Group:
    matches = Q(name__icontains=query) | Q(pk=query) | Q(pk__in=_groups_with_server(query))
    hits = [
        Hit(
            group.name, f"{group.get_scheduler_display()} · {group.pk}", reverse("server-group-detail", args=[group.pk])
        )
        for group in ServerGroup.objects.filter(matches).order_by("name")[:MOST_HITS]
    ]
    return Group(_("Server groups"), hits)


def _groups_with_server(query: str) -> list[str]:
    if not any(mark in query for mark in ".:"):
        return []
    servers = ServerGroup.objects.filter(servers__address__startswith=query)
    return list(servers.values_list("pk", flat=True).distinct()[:MOST_HITS])
