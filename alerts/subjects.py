"""What is watched: the end of each certificate, and of its chain where a certificate of that ends sooner.

Only current versions count, of server, CA and client certificates alike. A generation is the version's number, so that
rolling back to a version goes on with what was told of it.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast

from alerts.expiry import LONGEST, THRESHOLDS_HOURS, crossed_thresholds
from certificates.models import Certificate
from events.models import Notice
from events.notices import Crossing, open_notices


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of subject, and the field of a certificate that holds its end."""

    kind: str
    end_field: str


CERTIFICATE = Subject("certificate", "not_after")
CHAIN = Subject("chain", "current_version__chain_not_after")
SUBJECTS = (CERTIFICATE, CHAIN)
CHANNEL_KIND = "channel"
CERTIFICATE_KINDS = tuple(subject.kind for subject in SUBJECTS)


def crossings(subject: Subject, now: dt.datetime) -> Iterator[Crossing]:
    """Yield what has crossed a threshold and is not open in the ledger, soonest end first, in flat memory."""
    for certificate_id, name, generation, ends_at in _untold(subject, now):
        yield Crossing(subject.kind, certificate_id, generation, name, ends_at, crossed_thresholds(ends_at, now))


def _untold(subject: Subject, now: dt.datetime) -> Iterator[tuple[str, str, str, dt.datetime]]:
    """Select by an inequality that an index answers; what the ledger holds is left out by an anti-join."""
    known = Notice.objects.filter(
        subject_kind=subject.kind,
        subject_id=OuterRef("pk"),
        generation=OuterRef("generation"),
        threshold_hours=OuterRef("threshold"),
        is_open=True,
    )
    found = (
        Certificate.objects.filter(**{f"{subject.end_field}__lte": now + LONGEST})
        .annotate(
            generation=_generation(),
            ends_at=F(subject.end_field),
            threshold=_tightest(subject.end_field, now),
        )
        .filter(~Exists(known))
        .order_by(subject.end_field)
        .values_list("pk", "name", "generation", "ends_at")
    )
    return found.iterator(chunk_size=2000)


def _generation() -> "Cast":
    return Cast("current_version__number", CharField(max_length=64))


def _tightest(end_field: str, now: dt.datetime) -> Case:
    """Say in SQL what alerts.expiry says in Python."""
    return Case(
        *(
            When(**{f"{end_field}__lte": Value(now + dt.timedelta(hours=hours), DateTimeField())}, then=Value(hours))
            for hours in THRESHOLDS_HOURS
        ),
        output_field=IntegerField(),
    )


def outdated_notices() -> "QuerySet[Notice]":
    """Return the open notices whose certificate has been replaced, rolled back or deleted since."""
    current = Certificate.objects.annotate(current=_generation()).filter(
        pk=OuterRef("subject_id"), current=OuterRef("generation")
    )
    return open_notices().filter(~Exists(current), subject_kind__in=CERTIFICATE_KINDS)
