"""Choosing one or several objects out of very many: a search on the server, whose choices stay while it changes.

The same fragment is part of the page and the answer to htmx; without JavaScript the search is a submit button.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from certificates.models import Certificate, Kind
from certificates.selectors import certificates
from console.ids import is_id
from console.returning import with_query
from listeners.ca_sources import CaSource, Narrowing, narrowing
from listeners.legality import group_protocols
from listeners.listener_forms import Scope
from listeners.models import Binding, Listener, LoadBalancer, RegionalCertificate, Server, ServerGroup
from listeners.models.load_balancer import Product
from listeners.products import FEATURES, features_of
from listeners.selectors import servers_with_health

SHOWN = 8
# More than any limit allows; a forged form cannot make the page large.
MOST_CHOSEN = 100


@dataclass(frozen=True, slots=True)
class Source:
    """What a field chooses from; ``kind`` is a certificate kind, or empty for server groups."""

    kind: str
    several: bool
    placeholder: "str | Promise"
    beside: str = ""  # a field of the same form, whose choice is not offered here again
    keys: frozenset[str] | None = None  # the algorithms that are offered; None: any

    @property
    def has_ca_source(self) -> bool:
        """Whether the form also asks where the certificates come from."""
        return self.kind == Kind.CA


_CERTIFICATE_SEARCH = _("Search by name, domain or fingerprint")
SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "certificate_id": Source(Kind.SERVER, several=False, placeholder=_CERTIFICATE_SEARCH),
        "additional_certificate_ids": Source(
            Kind.SERVER, several=True, placeholder=_CERTIFICATE_SEARCH, beside="certificate_id"
        ),
        "certificate_ids": Source(Kind.SERVER, several=True, placeholder=_CERTIFICATE_SEARCH),
        "regional_certificate_id": Source(
            Kind.SERVER,
            several=False,
            placeholder=_CERTIFICATE_SEARCH,
            keys=FEATURES[Product.CLB, ""].key_algorithms,
        ),
        "ca_certificate_id": Source(Kind.CA, several=False, placeholder=_CERTIFICATE_SEARCH),
        "server_group_id": Source("", several=False, placeholder=_("Search by name or server address")),
    }
)


@dataclass(frozen=True, slots=True)
class Picker:
    """One field's choices as a page shows them: those made first, then what the search found."""

    field: str
    source: Source
    query: str
    chosen: Sequence[Any]
    found: Sequence[Any]
    has_more: bool
    errors: Sequence[str] = ()
    listener_id: str = ""  # whose certificates are not offered again
    load_balancer_id: str = ""  # what it cannot use is not offered
    protocol: str = ""  # of the listener: what cannot answer it is not offered
    narrowing: Narrowing | None = None  # of CA certificates: their source

    @property
    def input_type(self) -> str:
        """The HTML input that makes a choice."""
        return "checkbox" if self.source.several else "radio"

    @property
    def search_name(self) -> str:
        """The name of the search input."""
        return search_name(self.field)

    @property
    def fixed_query(self) -> str:
        """What the search is sent with beside the inputs of the page."""
        fixed = {"listener": self.listener_id, "load_balancer": self.load_balancer_id, "protocol": self.protocol}
        return urlencode({name: value for name, value in fixed.items() if value})


def search_name(field: str) -> str:
    """Return the name of the search input that belongs to ``field``."""
    return f"{field}_search"


def picker(field: str, chosen_ids: Iterable[str], query: str = "", **options: Any) -> Picker:
    """Return the choices of ``field`` as ``bare_picker`` does, with what a page shows of each."""
    made = bare_picker(field, chosen_ids, query, **options)
    load_names([made])
    return made


def load_names(made: Iterable[Picker]) -> None:
    """Load the names of all the certificates that pickers show, by one query."""
    offered = [row for each in made if each.source.kind for row in (*each.chosen, *each.found)]
    prefetch_related_objects(offered, "current_version__names")


def bare_picker(
    field: str,
    chosen_ids: Iterable[str],
    query: str = "",
    *,
    errors: Sequence[str] = (),
    listener_id: str = "",
    beside: str = "",
    ca_source: str = "",
    ca_repository_id: str = "",
    balancer: LoadBalancer | None = None,
    protocol: str = "",
    known: Mapping[str, Any] | None = None,
) -> Picker:
    """Return the choices of ``field``, SHOWN at a time; ids that no longer exist are left out.

    Certificates that are on the listener ``listener_id`` already are not offered, nor is ``beside``, what is chosen
    in the field that the source names, nor what a ``protocol`` listener of ``balancer`` cannot use. CA certificates
    are offered of one source at a time. ``known`` are the chosen certificates of all fields of a page, read at once.
    """
    source = SOURCES[field]
    ids = list(dict.fromkeys(filter(is_id, chosen_ids)))[:MOST_CHOSEN]
    find = partial(_certificates, source.kind) if source.kind else _server_groups
    if source.kind and known is not None:
        by_id = {pk: known[pk] for pk in ids if pk in known and known[pk].kind == source.kind}
    else:
        by_id = {row.pk: row for row in find("").filter(pk__in=ids)}
    offered = find(query).exclude(pk__in=[*ids, *filter(is_id, [beside])])
    narrowed = narrowing(ca_source, ca_repository_id, "".join(ids)) if source.has_ca_source else None
    if narrowed:
        offered = narrowed.apply(offered)
    offered = _usable(offered, source, balancer, protocol)
    if source.kind and is_id(listener_id):
        offered = offered.exclude(pk__in=Binding.objects.filter(listener=listener_id).order_by().values("certificate"))
    found = list(offered[: SHOWN + 1])
    if not source.kind:  # only a chosen group shows its servers
        prefetch_related_objects(list(by_id.values()), *servers_with_health())
    return Picker(
        field,
        source,
        query,
        chosen=[by_id[pk] for pk in ids if pk in by_id],
        found=found[:SHOWN],
        has_more=len(found) > SHOWN,
        errors=errors,
        listener_id=listener_id if is_id(listener_id) else "",
        load_balancer_id=balancer.pk if balancer else "",
        protocol=protocol if protocol in Listener.Protocol.values else "",
        narrowing=narrowed,
    )


def chosen_certificates(ids: Iterable[str]) -> dict[str, Any]:
    """Return the certificates that the fields of a page have chosen, by id."""
    rows = certificates().prefetch_related(None).filter(pk__in=list(filter(is_id, ids)))
    return {row.pk: row for row in rows}


def _usable(offered: QuerySet[Any], source: Source, balancer: LoadBalancer | None, protocol: str) -> QuerySet[Any]:
    """Leave what a listener of the load balancer can use."""
    if source.keys is not None:
        offered = offered.filter(current_version__key_algorithm__in=source.keys)
    if balancer is None:
        return offered
    features = features_of(balancer)
    if not source.kind:
        known = protocol in features.protocols
        return offered.filter(protocol__in=group_protocols(balancer.product, protocol)) if known else offered
    if features.regional_certificates:
        added = RegionalCertificate.objects.filter(region=balancer.region).order_by()
        offered = offered.filter(pk__in=added.values("certificate"))
    if features.key_algorithms and source.kind == Kind.SERVER:
        offered = offered.filter(current_version__key_algorithm__in=features.key_algorithms)
    return offered


def _certificates(kind: str, query: str) -> QuerySet[Any]:
    """Return certificates, those valid for longest first: what someone who chooses wants to see."""
    return certificates(kind=kind, query=query).prefetch_related(None).order_by("-not_after", "-id")


def _server_groups(query: str) -> QuerySet[Any]:
    servers = Server.objects.filter(group=OuterRef("pk")).order_by().values("group")
    count = Coalesce(Subquery(servers.annotate(number=Count("pk")).values("number")), 0)
    rows = ServerGroup.objects.annotate(server_count=count)
    if text := query.strip().replace("\0", ""):
        addressed = Server.objects.filter(address__startswith=text).order_by().values("group")
        rows = rows.filter(Q(name__icontains=text) | Q(pk__in=addressed))
    return rows.order_by("name")


def choosable(field: str, ids: Iterable[str]) -> list[str]:
    """Return those of ``ids`` that ``field`` may choose, in their order; a field that takes one keeps the first."""
    source = SOURCES[field]
    wanted = list(dict.fromkeys(filter(is_id, ids)))[:MOST_CHOSEN]
    rows = Certificate.objects.filter(kind=source.kind) if source.kind else ServerGroup.objects.all()
    there = set(rows.filter(pk__in=wanted).values_list("pk", flat=True))
    found = [pk for pk in wanted if pk in there]
    return found if source.several else found[:1]


def making_url(field: str, back: str, given: Mapping[str, Any], *, scope: Scope | None = None) -> str:
    """Return the page that makes what ``field`` chooses and comes back to ``back`` with it.

    A CA certificate is made where ``given`` says that it comes from: as an authority, or in a repository. A Classic
    Load Balancer's certificates are added to its region; a server group is for what the listener's protocol needs.
    """
    source = SOURCES[field]
    if not source.kind:
        protocol = {"protocol": group_protocols(scope.balancer.product, scope.protocol)[0]} if scope else {}
        return with_query(reverse("server-group-create"), next=back, **protocol)
    if scope and scope.features.regional_certificates:
        return with_query(
            reverse("regional-certificate-add"), kind=source.kind, regions=scope.balancer.region, next=back
        )
    if source.has_ca_source and given.get("ca_source") == CaSource.AUTHORITY:
        return with_query(reverse("authority-create"), next=back)
    if source.has_ca_source and is_id(repository_id := given.get("ca_repository_id", "")):
        return with_query(reverse("repository-upload", args=[repository_id]), next=back)
    return with_query(reverse("certificate-import"), kind=source.kind, next=back)


@require_safe
def choices(request: HttpRequest, field: str) -> HttpResponse:
    """Answer the search of one field with its choices alone."""
    if field not in SOURCES:
        raise Http404
    given = request.GET
    shown = picker(
        field,
        given.getlist(field),
        given.get(search_name(field), ""),
        listener_id=given.get("listener", ""),
        beside=given.get(SOURCES[field].beside, ""),
        ca_source=given.get("ca_source", ""),
        ca_repository_id=given.get("ca_repository_id", ""),
        balancer=_balancer(given.get("load_balancer", "")),
        protocol=given.get("protocol", ""),
    )
    return render(request, "listeners/choices.html", {"picker": shown})


def _balancer(load_balancer_id: str) -> LoadBalancer | None:
    return LoadBalancer.objects.filter(pk=load_balancer_id).first() if is_id(load_balancer_id) else None
