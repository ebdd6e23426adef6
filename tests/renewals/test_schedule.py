"""When certificates are renewed, and when a failed attempt is made again."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renewals.acme.network import moment_of
from renewals.schedule import Window, renewal_moment, retry_moment

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


def test_certificate_is_renewed_when_a_third_of_its_life_is_left() -> None:
    moment = renewal_moment(NOW, NOW + 90 * DAY)
    assert NOW + 58 * DAY <= moment <= NOW + 60 * DAY


def test_short_lived_certificate_is_renewed_when_half_of_its_life_is_left() -> None:
    moment = renewal_moment(NOW, NOW + 6 * DAY)
    assert NOW + 2.8 * DAY <= moment <= NOW + 3 * DAY


def test_window_of_the_server_counts_before_everything_else() -> None:
    window = Window(NOW + 10 * DAY, NOW + 11 * DAY)
    assert window.start <= renewal_moment(NOW, NOW + 90 * DAY, window) <= window.end


def test_window_beyond_the_end_counts_for_nothing() -> None:
    moment = renewal_moment(NOW, NOW + 90 * DAY, Window(NOW + 91 * DAY, NOW + 92 * DAY))
    assert moment <= NOW + 60 * DAY


@given(days=st.floats(0.01, 4000), start=st.floats(-10, 4000), width=st.floats(-1, 100))
def test_certificate_never_outlives_its_plan(days: float, start: float, width: float) -> None:
    window = Window(NOW + start * DAY, NOW + (start + width) * DAY)
    assert renewal_moment(NOW, NOW + days * DAY, window) <= NOW + days * DAY


@pytest.mark.parametrize(
    ("failures", "shortest", "longest"), [(1, 4, 6), (2, 24, 36), (6, 1152, 1728), (99, 1152, 1728)]
)
def test_failures_in_a_row_are_tried_again_ever_later(failures: int, shortest: int, longest: int) -> None:
    moment = retry_moment(NOW, failures, None)
    assert NOW + dt.timedelta(minutes=shortest) <= moment <= NOW + dt.timedelta(minutes=longest)


def test_short_lived_certificate_is_tried_again_in_time() -> None:
    assert retry_moment(NOW, 9, 6 * DAY) <= NOW + 7.3 * HOUR
    assert retry_moment(NOW, 9, HOUR) >= NOW + dt.timedelta(seconds=48)


def test_wish_of_the_server_is_kept() -> None:
    assert retry_moment(NOW, 1, 6 * DAY, NOW + 3 * DAY) == NOW + 3 * DAY


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Sat, 21 Nov 2026 01:00:00 GMT", 3600),
        ("999999999999", 7 * 24 * 3600),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_or_ignored(header: str, seconds: int | None) -> None:
    expected = None if seconds is None else NOW + dt.timedelta(seconds=seconds)
    assert moment_of(header, NOW) == expected
