"""Revocation lists are told like certificates: when they are near their end or past it, and when no newer one comes.

A generation is one list, so that a newer one settles what was told of the one before; of a failing address it is the
time of its last good answer.
"""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q

from alerts.kinds import LIST, LIST_FETCH
from alerts.sources.candidates import Candidate
from certificates.models import RevocationList

# Two failures may be a restart of the server; the third comes some three minutes after the first.
FAILURES_BEFORE_TELLING = 3
# Lists live for hours or for months: the last quarter of their life counts as near the end, a week at most.
LONGEST_WARNING = dt.timedelta(days=7)
LIFE_QUARTERS = 4


def list_candidates(now: dt.datetime) -> Iterator[Candidate]:
    """Yield the lists that are near their end or past it, and those that cannot be fetched."""
    is_failing = Q(source=RevocationList.Source.URL, failures__gte=FAILURES_BEFORE_TELLING)
    rows = RevocationList.objects.filter(Q(next_update__lte=now + LONGEST_WARNING) | is_failing)
    for row in rows.defer("der").select_related("certificate").order_by("pk").iterator(chunk_size=500):
        if row.failures >= FAILURES_BEFORE_TELLING:
            generation = row.fetched_at.isoformat() if row.fetched_at else ""
            yield _candidate(LIST_FETCH, row, generation, row.next_update or now)
        if row.next_update and row.this_update:
            hours = (0, warning_hours(row.this_update, row.next_update))
            yield _candidate(LIST, row, row.sha256, row.next_update, hours)


def _candidate(
    kind: str, row: RevocationList, generation: str, end: dt.datetime, hours: tuple[int, ...] = ()
) -> Candidate:
    return Candidate(
        kind,
        str(row.pk),
        generation,
        f"{row.certificate.name}: {row.issuer}",
        end,
        own_hours=hours,
        certificate_id=row.certificate_id,
    )


def warning_hours(this_update: dt.datetime, next_update: dt.datetime) -> int:
    """Return how many hours before its end a list is told of: a quarter of its life, an hour to a week."""
    quarter = (next_update - this_update) / LIFE_QUARTERS
    return max(1, round(min(quarter, LONGEST_WARNING) / dt.timedelta(hours=1)))
