"""Renewals that fail, or that nobody begins, are told like an expiry: once for each version that is awaited."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from events.models import Notice
from events.notices import Crossing, open_notices
from renewals.models import Renewal
from renewals.selectors import troubled

RENEWAL_KIND = "renewal"
# One failure may be a hiccup; the second comes minutes later.
FAILURES_BEFORE_TELLING = 2


def _tellable(now: dt.datetime) -> "QuerySet[Renewal]":
    return (
        troubled(now)
        .filter(Q(failures=0) | Q(failures__gte=FAILURES_BEFORE_TELLING))
        .annotate(generation=Cast("versions_issued", CharField(max_length=64)))
    )


def renewal_crossings(now: dt.datetime) -> Iterator[Crossing]:
    """Yield the renewals in trouble that are not open in the ledger; the certificate's end is what they lead to."""
    known = Notice.objects.filter(
        subject_kind=RENEWAL_KIND, subject_id=OuterRef("pk"), generation=OuterRef("generation"), is_open=True
    )
    found = _tellable(now).filter(~Exists(known)).select_related("certificate").order_by("pk")
    for renewal in found.iterator(chunk_size=2000):
        end = renewal.certificate.not_after if renewal.certificate else None
        generation = str(renewal.versions_issued)
        yield Crossing(RENEWAL_KIND, renewal.pk, generation, renewal.name, end or now, (0,))


def outdated_renewal_notices(now: dt.datetime) -> "QuerySet[Notice]":
    """Return the open notices of renewals that went through, were paused or deleted since."""
    current = _tellable(now).alias(told=F("generation")).filter(pk=OuterRef("subject_id"), told=OuterRef("generation"))
    return open_notices().filter(~Exists(current), subject_kind=RENEWAL_KIND)
