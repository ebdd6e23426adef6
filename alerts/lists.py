"""Revocation lists are told like certificates: when they are near their end or past it, and when no newer one comes.

A generation is one list, so that a newer one settles what was told of the one before; of a failing address it is the
time of its last good answer.
"""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q, QuerySet

from certificates.models import RevocationList
from events.models import Notice
from events.notices import Crossing, open_notices

LIST_KIND, FETCH_KIND = "crl", "crl-fetch"
LIST_KINDS = (LIST_KIND, FETCH_KIND)
# Two failures may be a restart of the server; the third comes some three minutes after the first.
FAILURES_BEFORE_TELLING = 3
# Lists live for hours or for months: the last quarter of their life counts as near the end, a week at most.
LONGEST_WARNING = dt.timedelta(days=7)
LIFE_QUARTERS = 4


def list_crossings(now: dt.datetime) -> Iterator[Crossing]:
    """Yield what of the revocation lists is to be told and is not open in the ledger."""
    known = set(_open().values_list("subject_kind", "subject_id", "generation", "threshold_hours"))
    for crossing in _present(now):
        key = (crossing.subject_kind, crossing.subject_id, crossing.generation, crossing.thresholds_hours[0])
        if key not in known:
            yield crossing


def outdated_list_notices(now: dt.datetime) -> "QuerySet[Notice]":
    """Return the open notices of lists that were replaced or deleted, or whose address answers again."""
    present = {(each.subject_kind, each.subject_id, each.generation) for each in _present(now)}
    rows = _open().values_list("pk", "subject_kind", "subject_id", "generation")
    return Notice.objects.filter(pk__in=[pk for pk, *key in rows if tuple(key) not in present])


def warning_hours(this_update: dt.datetime, next_update: dt.datetime) -> int:
    """Return how many hours before its end a list is told of: a quarter of its life, an hour to a week."""
    quarter = (next_update - this_update) / LIFE_QUARTERS
    return max(1, round(min(quarter, LONGEST_WARNING) / dt.timedelta(hours=1)))


def _present(now: dt.datetime) -> Iterator[Crossing]:
    """Yield all that there is to tell now, told or not. Lists are few beside certificates."""
    is_failing = Q(source=RevocationList.Source.URL, failures__gte=FAILURES_BEFORE_TELLING)
    rows = RevocationList.objects.filter(Q(next_update__lte=now + LONGEST_WARNING) | is_failing)
    for row in rows.defer("der").select_related("certificate").order_by("pk").iterator(chunk_size=500):
        if row.failures >= FAILURES_BEFORE_TELLING:
            generation = row.fetched_at.isoformat() if row.fetched_at else ""
            yield _crossing(FETCH_KIND, row, generation, row.next_update or now, (0,))
        if row.next_update and (thresholds := _crossed(row, now)):
            yield _crossing(LIST_KIND, row, row.sha256, row.next_update, thresholds)


def _crossed(row: RevocationList, now: dt.datetime) -> tuple[int, ...]:
    if row.next_update is None or row.this_update is None:
        return ()
    hours = (0, warning_hours(row.this_update, row.next_update))
    return tuple(each for each in hours if row.next_update - dt.timedelta(hours=each) <= now)


def _crossing(
    kind: str, row: RevocationList, generation: str, end: dt.datetime, thresholds: tuple[int, ...]
) -> Crossing:
    return Crossing(kind, str(row.pk), generation, f"{row.certificate.name}: {row.issuer}", end, thresholds)


def _open() -> "QuerySet[Notice]":
    return open_notices().filter(subject_kind__in=LIST_KINDS)
