"""The ledger of notices: insert or ignore, so that nothing is told twice however often the scan runs.

Whoever watches something (certificates today) reports crossings here; the ledger decides what becomes due. Every write
happens inside ``writing_ledger``, one writer at a time.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.utils import timezone

from events.models import Notice

# Any fixed number does that the change feed does not use; see events.feed.
ADVISORY_LOCK = 0x1BAD_318
Key = tuple[str, str, str, int]
CLOSED_UNTOLD = (Notice.State.SUPERSEDED, Notice.State.RESOLVED, Notice.State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A subject's generation that has crossed one or more thresholds, given in hours, tightest first."""

    subject_kind: str
    subject_id: str
    generation: str
    subject_name: str
    expires_at: dt.datetime
    thresholds_hours: tuple[int, ...]
    rule_id: str = ""


@contextmanager
def writing_ledger() -> Iterator[None]:
    """Run a transaction as the only writer of the ledger: two scans at once then act as one after the other.

    Taken after the change feed's lock where both are needed, never before it.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        yield


def write_crossings(crossings: Sequence[Crossing], now: dt.datetime) -> None:
    """Make the tightest threshold of each crossing due and keep the looser ones as superseded.

    Rows that exist stay as they are, but for one case: what had been closed and is to be told again, because a
    generation is current again or a rule asks for it again. What was told of it stays told; what was not is due again.
    """
    rows = [row for crossing in crossings for row in _rows(crossing, now)]
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    _reopen(crossings)


def _rows(crossing: Crossing, now: dt.datetime) -> Iterator[Notice]:
    for position, hours in enumerate(crossing.thresholds_hours):
        is_tightest = position == 0
        yield Notice(
            subject_kind=crossing.subject_kind,
            subject_id=crossing.subject_id,
            generation=crossing.generation,
            threshold_hours=hours,
            state=Notice.State.DUE if is_tightest else Notice.State.SUPERSEDED,
            is_open=is_tightest,
            subject_name=crossing.subject_name[:255],
            expires_at=crossing.expires_at,
            created_at=now,
            rule_id=crossing.rule_id,
        )


def _reopen(crossings: Sequence[Crossing]) -> None:
    tightest: set[Key] = {(c.subject_kind, c.subject_id, c.generation, c.thresholds_hours[0]) for c in crossings}
    closed = Notice.objects.filter(
        is_open=False,
        subject_id__in=[crossing.subject_id for crossing in crossings],
        state__in=(*CLOSED_UNTOLD, Notice.State.TOLD),
    ).values_list("pk", "subject_kind", "subject_id", "generation", "threshold_hours")
    again = [pk for pk, *key in closed if tuple(key) in tightest]
    Notice.objects.filter(pk__in=again).update(
        is_open=True,
        resolved_at=None,
        owes_resolution=False,
        state=Case(When(state__in=CLOSED_UNTOLD, then=Value(Notice.State.DUE)), default="state"),
    )


def supersede_looser(subject_kinds: Iterable[str]) -> None:
    """Close every open notice that has a tighter open one beside it; one that was not told yet never will be."""
    tighter = Notice.objects.filter(
        subject_kind=OuterRef("subject_kind"),
        subject_id=OuterRef("subject_id"),
        generation=OuterRef("generation"),
        threshold_hours__lt=OuterRef("threshold_hours"),
        is_open=True,
    )
    _close(open_notices().filter(Exists(tighter), subject_kind__in=tuple(subject_kinds)), Notice.State.SUPERSEDED)


def resolve(notices: "QuerySet[Notice]") -> int:
    """Close notices whose subject needs no telling any more, and return how many there were."""
    now = timezone.now()
    return _close(notices.filter(is_open=True), Notice.State.RESOLVED, resolved_at=now, owes_resolution=True)


def withdraw(notices: "QuerySet[Notice]") -> int:
    """Close notices that no rule asks for any more; nothing is resolved by that, so nobody hears of it."""
    return _close(notices.filter(is_open=True), Notice.State.WITHDRAWN)


def _close(notices: "QuerySet[Notice]", state: Notice.State, **more: dt.datetime | bool) -> int:
    closed = Case(When(state=Notice.State.DUE, then=Value(state)), default="state")
    return notices.update(is_open=False, state=closed, **more)


def mark_told(notices: "QuerySet[Notice]") -> None:
    """Keep that a channel has taken these notices."""
    notices.filter(state=Notice.State.DUE).update(state=Notice.State.TOLD, told_at=timezone.now())


def make_due_again(notices: "QuerySet[Notice]") -> None:
    """Forget that anybody was told of these open notices, so that they are told from the beginning."""
    notices.filter(is_open=True).update(state=Notice.State.DUE, told_at=None)


def open_notices() -> "QuerySet[Notice]":
    """Return what everyone has to know now: the tightest threshold of each current generation."""
    return Notice.objects.filter(is_open=True)
