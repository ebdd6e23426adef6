"""When something is told: thresholds as they are typed, by the length of a life, and the same in SQL."""

import datetime as dt
from typing import Any

import pytest
from django.db.models import DateTimeField, Value
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.expiry import crossed_thresholds, thresholds_of_life
from alerts.rules.lifetimes import measures, tightest_crossed
from alerts.rules.thresholds import checked_hours, parse_thresholds, written
from certificates.models import CertificateVersion
from console.errors import InvalidInputError
from tests.alerts.rows import DAY, NOW, make_certificate

HOUR = dt.timedelta(hours=1)
USUAL = (0, 24, 168, 720)
AUTHORITY = (0, 24, 168, 720, 2160, 4320, 8760)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("30d, 7d, 12h, 0", (720, 168, 12, 0)),
        ("0", (0,)),
        ("1D;\n36 h", (36, 24)),
        ("10000d", (240_000,)),
        ("0d", (0,)),
    ],
)
def test_thresholds_are_read_in_days_or_hours(text: str, hours: tuple[int, ...]) -> None:
    assert parse_thresholds(text) == hours
    assert parse_thresholds(written(hours)) == hours


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "needs a threshold"),
        (" , ", "needs a threshold"),
        ("30", "days or hours"),
        ("soon", "no time before the end"),
        ("1.5d", "no time before the end"),
        ("٣d", "no time before the end"),
        ("-1d", "before the end"),
        ("10001d", "more than 10000 days"),
        ("99999999999d", "no time before the end"),
        ("24h, 1d", "twice"),
        (", ".join(f"{day}d" for day in range(1, 22)), "at most 20"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why) as refusal:
        parse_thresholds(text)
    assert refusal.value.field == "thresholds_hours"
    assert refusal.value.way_out


def test_rest_refuses_the_same() -> None:
    for hours in ([], [-1], [240_001], [24, 24]):
        with pytest.raises(InvalidInputError):
            checked_hours(hours)


@pytest.mark.parametrize(
    ("hours", "life", "expected"),
    [
        (USUAL, 90 * DAY, USUAL),
        (USUAL, 45 * DAY, USUAL),
        (USUAL, 44 * DAY, (0, 44, 132, 264)),
        (USUAL, 6 * DAY, (0, 6, 18, 36)),
        (USUAL, 24 * HOUR, (0, 1, 3, 6)),
        (USUAL, 3 * HOUR, (0,)),
        ((720, 168), 3 * HOUR, (0,)),
        ((12, 1), 6 * DAY, (1, 12)),  # made for short lives
        ((0,), 6 * DAY, (0,)),
        ((24, 8760), 365 * DAY, (24,)),  # a year before the end of a year is its beginning
        ((8760,), 365 * DAY, (365, 1095, 2190)),
        (AUTHORITY, 3650 * DAY, AUTHORITY),
        (AUTHORITY, 365 * DAY, (0, 24, 168, 720, 2160, 4320)),
    ],
)
def test_thresholds_suit_the_life(hours: tuple[int, ...], life: dt.timedelta, expected: tuple[int, ...]) -> None:
    assert thresholds_of_life(hours, life) == expected


@given(
    st.lists(st.integers(0, 10_000), min_size=1, max_size=6, unique=True),
    st.integers(1, 4000 * 24 * 60).map(lambda minutes: dt.timedelta(minutes=minutes)),
)
def test_nothing_is_told_in_the_first_third_of_a_life_and_something_always(
    hours: list[int], life: dt.timedelta
) -> None:
    chosen = thresholds_of_life(hours, life)
    assert chosen == tuple(sorted(set(chosen)))
    assert all(each * HOUR * 3 <= life * 2 for each in chosen)
    assert chosen


LIVES = [
    dt.timedelta(minutes=50),
    3 * HOUR,
    DAY,
    6 * DAY,
    10 * DAY + HOUR,
    44 * DAY,
    45 * DAY,
    90 * DAY,
    365 * DAY,
    3650 * DAY,
]
LEFT = [-DAY, 0 * DAY, HOUR, 5 * HOUR, 18 * HOUR, DAY, 5 * DAY, 7 * DAY, 11 * DAY, 30 * DAY, 90 * DAY, 300 * DAY]


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [USUAL, AUTHORITY, (12, 1), (8760,), (0,), (24,), (720, 168)])
def test_database_finds_the_same_threshold(hours: tuple[int, ...]) -> None:
    make_certificate(NOW)
    for life in LIVES:
        for left in LEFT:
            end = NOW + left
            told = crossed_thresholds(thresholds_of_life(hours, life), end, NOW)
            assert _of_database(hours, end - life, end) == (told[0] if told else None), (life, left)


def _of_database(hours: tuple[int, ...], begin: dt.datetime, end: dt.datetime) -> Any:
    """Ask for one life; the table only has to have a row."""
    moments = {"begins_at": Value(begin, DateTimeField()), "ends_at": Value(end, DateTimeField())}
    row = CertificateVersion.objects.annotate(**moments).annotate(**measures(NOW))
    return row.annotate(threshold=tightest_crossed(hours, NOW)).values_list("threshold", flat=True).get()
