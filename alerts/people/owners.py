"""Whose a notice is: the owner of the certificate, or of the address outside, that it is about."""

from typing import Any

from django.db.models import Case, CharField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce

from alerts.kinds import CERTIFICATE_KINDS, LIST, LIST_FETCH, OUTSIDE, OUTSIDE_FAILING, RENEWAL
from alerts.models import Contact, ContactGroup
from alerts.people.audiences import Audience, Audiences, folded
from certificates.models import Certificate, RevocationList
from events.models import Notice
from renewals.models import Renewal
from watchlist.models import WatchedAddress


def names_of_people() -> list[str]:
    """Return the names that an owner may have to be told: those of groups and contacts."""
    names = ContactGroup.objects.values_list("name", flat=True)
    return [*names, *Contact.objects.values_list("name", flat=True)]


def with_owner(notices: "QuerySet[Notice]") -> "QuerySet[Notice]":
    """Annotate ``owner``, as it is written now; empty for what has none."""
    subject = OuterRef("subject_id")
    outside = WatchedAddress.objects.filter(pk=subject)
    lists = RevocationList.objects.alias(key=Cast("pk", CharField())).filter(key=subject)
    return notices.annotate(
        owner=Coalesce(
            Case(
                When(subject_kind__in=CERTIFICATE_KINDS, then=_first(Certificate.objects.filter(pk=subject), "owner")),
                When(subject_kind=RENEWAL, then=_first(Renewal.objects.filter(pk=subject), "certificate__owner")),
                When(subject_kind__in=(LIST, LIST_FETCH), then=_first(lists, "certificate__owner")),
                When(subject_kind__in=(OUTSIDE, OUTSIDE_FAILING), then=_first(outside, "owner")),
            ),
            Value(""),
        )
    )


def _first(
    rows: "QuerySet[Certificate] | QuerySet[Renewal] | QuerySet[RevocationList] | QuerySet[WatchedAddress]", field: str
) -> Subquery:
    return Subquery(rows.order_by().values(field)[:1])


def spellings(notices: "QuerySet[Any]", audiences: Audiences) -> dict[Audience, list[str]]:
    """Return the owners of ``notices`` as they are written, by the audience that each of them is known as."""
    found: dict[Audience, list[str]] = {}
    for owner in notices.order_by().values_list("owner", flat=True).distinct():
        audience = audiences.owners.get(folded(owner))
        if audience and audience.channel_ids:
            found.setdefault(audience, []).append(owner)
    return found
