"""Whose a notice is: the owner of the certificate, or of the address outside, that it is about."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Case, CharField, Count, OuterRef, QuerySet, Subquery, Value, When
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


def lacking(notices: "QuerySet[Any]", known: Mapping[Audience, Sequence[str]]) -> dict[Audience, Sequence[str]]:
    """Return those of the owners' audiences with a channel that was not given everything of ``notices`` yet.

    Owners may be many hundreds, and rarely is there anything new for more than a few of them.
    """
    in_all = dict(notices.order_by().values_list("owner").annotate(Count("pk")))
    given = notices.filter(deliveries__is_resolution=False, deliveries__is_void=False).order_by()
    counts = given.values_list("owner", "deliveries__channel_id").annotate(n=Count("pk"))
    done = {(owner, channel_id) for owner, channel_id, count in counts if count == in_all.get(owner)}
    return {
        audience: owners
        for audience, owners in known.items()
        if not done.issuperset((owner, channel_id) for owner in owners for channel_id in audience.channel_ids)
    }
