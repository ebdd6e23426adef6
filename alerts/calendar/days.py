"""What ends on which day (UTC): counted, and the first few by name."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, QuerySet, TextField, Window
from django.db.models.functions import Cast, RowNumber, Substr

from alerts.kinds import CERTIFICATE, CHAIN, KINDS, OUTSIDE
from alerts.sources.repository import SUBJECTS
from certificates.models import Certificate
from watchlist.models import WatchedAddress

Rows = QuerySet[Any, Any]
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class End:
    """Something that ends: when, what it is called, what it is, and where its page is found."""

    at: dt.datetime
    name: str
    kind: str  # certificate, chain or outside
    subject_id: str

    @property
    def page(self) -> str:
        """The name of its page's address."""
        return KINDS[self.kind].page

    @property
    def noun(self) -> str:
        """What it is, in the reader's language."""
        return str(KINDS[self.kind].noun)


def midnight(day: dt.date) -> dt.datetime:
    """Return the beginning of a day."""
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def counts_by_day(first: dt.date, until: dt.date) -> Counter[dt.date]:
    """Count what ends from ``first`` on and before ``until``, by day."""
    found: Counter[dt.date] = Counter()
    for rows in (_certificates(first, until), _members(first, until), _outside(first, until)):
        days = rows.order_by().values_list("day").annotate(count=Count("pk"))
        for text, count in days:
            found[dt.date.fromisoformat(text)] += count
    return found


def ends_by_day(first: dt.date, until: dt.date, most: int) -> Mapping[dt.date, list[End]]:
    """Return the first ``most`` ends of each day."""
    found: dict[dt.date, list[End]] = {}
    for rows, kind in (
        (_certificates(first, until), CERTIFICATE),
        (_members(first, until), CHAIN),
        (_outside(first, until), OUTSIDE),
    ):
        place = Window(RowNumber(), partition_by=[F("day")], order_by=["at", "named"])
        few = rows.annotate(position=place).filter(position__lte=most).order_by()
        for text, at, name, subject_id in few.values_list("day", "at", "named", "subject_key"):
            found.setdefault(dt.date.fromisoformat(text), []).append(End(at, name, kind, subject_id))
    return {day: sorted(ends)[:most] for day, ends in found.items()}


def ends_on(day: dt.date, most: int) -> list[End]:
    """Return the first ``most`` ends of one day."""
    return ends_by_day(day, day + DAY, most).get(day, [])


def _certificates(first: dt.date, until: dt.date) -> Rows:
    rows = Certificate.objects.filter(not_after__gte=midnight(first), not_after__lt=midnight(until))
    return rows.annotate(day=day_of("not_after"), at=F("not_after"), named=F("name"), subject_key=F("pk"))


def _members(first: dt.date, until: dt.date) -> Rows:
    """Return members of chains that end before their certificates."""
    subject = next(each for each in SUBJECTS if each.kind == CHAIN)
    rows = subject.annotated().filter(not_after__gte=midnight(first), not_after__lt=midnight(until))
    found: Rows = rows.annotate(day=day_of("not_after"), at=F("not_after"), subject_key=F("certificate"))
    return found


def _outside(first: dt.date, until: dt.date) -> Rows:
    rows = WatchedAddress.objects.filter(enabled=True, ends_at__gte=midnight(first), ends_at__lt=midnight(until))
    return rows.annotate(day=day_of("ends_at"), at=F("ends_at"), named=F("name"), subject_key=F("pk"))


def day_of(field: str) -> Substr:
    """Return the day in UTC of a field, as ``2026-11-21``."""
    # The text begins with the day in UTC on every database; SQLite would call Python for each row to truncate a date.
    return Substr(Cast(field, TextField()), 1, len("2000-01-01"))
