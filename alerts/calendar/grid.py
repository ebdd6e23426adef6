"""How days are laid out: a month in weeks, a year in months. Pure."""

import calendar
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerts.calendar.days import End

MONTHS_SHOWN = 13
LEVELS = 4
FIRST_YEAR, LAST_YEAR = 1970, 9998
# The tightest window first, as on the badges of the console.
COLOURS = ((0, "red"), (1, "red"), (7, "orange"), (30, "yellow"))
Counts = Mapping[dt.date, int]


@dataclass(frozen=True, slots=True)
class Day:
    """One cell: how many end on the day, and the first few of them."""

    date: dt.date
    count: int
    ends: Sequence[End]
    is_today: bool
    is_outside: bool  # of another month than the one shown
    colour: str
    level: int = 0  # 0: nothing ends; up to LEVELS

    @property
    def more(self) -> int:
        """How many more end than are named."""
        return self.count - len(self.ends)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the year's view; ``cells`` has 31 places, None behind the month's last day."""

    first: dt.date
    cells: Sequence[Day | None]
    total: int
    percent: int  # of the fullest month shown


def month_of(text: str, today: dt.date) -> dt.date:
    """Return the first day of the month that ``2026-11`` names; raise ValueError for no month."""
    if not text:
        return today.replace(day=1)
    found = dt.datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  # a month has no zone
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(text)
    return found


def next_month(first: dt.date, months: int = 1) -> dt.date:
    """Return the first day of a month so many months later, or earlier."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return dt.date(year, month + 1, 1)


def weeks_of(first: dt.date) -> list[list[dt.date]]:
    """Return the weeks of a month, Monday first, filled up with days of its neighbours."""
    return calendar.Calendar().monthdatescalendar(first.year, first.month)


def month_grid(
    first: dt.date, counts: Counts, ends: Mapping[dt.date, Sequence[End]], today: dt.date
) -> list[list[Day]]:
    """Return the cells of a month's weeks."""
    return [
        [_day(date, counts, today, ends.get(date, ()), is_outside=date.month != first.month) for date in week]
        for week in weeks_of(first)
    ]


def year_grid(first: dt.date, counts: Counts, today: dt.date) -> list[Month]:
    """Return thirteen months from ``first`` on."""
    months = [next_month(first, number) for number in range(MONTHS_SHOWN)]
    totals = [sum(counts.get(date, 0) for date in _dates(month)) for month in months]
    most_a_month, most_a_day = max(totals, default=0) or 1, max(counts.values(), default=0) or 1
    return [
        Month(month, _cells(month, counts, today, most_a_day), total, round(100 * total / most_a_month))
        for month, total in zip(months, totals, strict=True)
    ]


def _cells(month: dt.date, counts: Counts, today: dt.date, most: int) -> list[Day | None]:
    cells: list[Day | None] = [
        _day(date, counts, today, level=_level(counts.get(date, 0), most)) for date in _dates(month)
    ]
    return cells + [None] * (31 - len(cells))


def _dates(month: dt.date) -> Iterator[dt.date]:
    _weekday, last = calendar.monthrange(month.year, month.month)
    return (month.replace(day=number) for number in range(1, last + 1))


def _level(count: int, most: int) -> int:
    """Return how dark a day is: by the root of its part of the fullest day, so that single ends stay visible.

    The fullest day counts as one of some ends at least, lest one end alone be as dark as can be.
    """
    return max(1, round(LEVELS * (count / max(most, LEVELS)) ** 0.5)) if count else 0


def _day(
    date: dt.date,
    counts: Counts,
    today: dt.date,
    ends: Sequence[End] = (),
    *,
    is_outside: bool = False,
    level: int = 0,
) -> Day:
    left = (date - today).days
    colour = next((colour for limit, colour in COLOURS if left <= limit), "green")
    return Day(date, counts.get(date, 0), ends, date == today, is_outside, colour, level)
