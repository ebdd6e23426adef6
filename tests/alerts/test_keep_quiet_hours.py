"""When a group is told: quiet hours and digests on wall clocks that jump. Pure."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from alerts.people.schedules import checked_timing
from alerts.people.timing import DAILY, WEEKLY, Timing, awake_at, departure
from console.errors import InvalidInputError

# Forward and back by an hour, by half an hour, at midnight, on other days than Europe's, a day that was left out, none.
ZONES = (
    "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "Pacific/Apia", "America/New_York",
    "Asia/Kathmandu", "UTC",
)  # fmt: skip
MOMENTS = st.datetimes(dt.datetime(2011, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
TIMINGS = st.builds(Timing, time_zone=st.sampled_from(ZONES), quiet_from=CLOCKS, quiet_until=CLOCKS).filter(
    lambda timing: timing.quiet_from != timing.quiet_until
)
DIGESTS = st.builds(Timing, time_zone=st.sampled_from(ZONES), pace=st.just(DAILY), digest_at=CLOCKS)
some = hypothesis_settings(max_examples=60)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def wall(moment: dt.datetime, timing: Timing) -> dt.time:
    return moment.astimezone(ZoneInfo(timing.time_zone)).time()


def is_quiet(clock: dt.time, timing: Timing) -> bool:
    begin, end = timing.quiet_from, timing.quiet_until
    assert begin is not None
    assert end is not None
    return begin <= clock < end if begin < end else clock >= begin or clock < end


@some
@given(TIMINGS, MOMENTS)
def test_nothing_goes_out_while_the_wall_clock_is_in_the_quiet_hours(timing: Timing, now: dt.datetime) -> None:
    assert not is_quiet(wall(departure(timing, now), timing), timing)


@some
@given(TIMINGS, MOMENTS)
def test_quiet_hours_delay_by_no_more_than_they_last(timing: Timing, now: dt.datetime) -> None:
    leaves = departure(timing, now)
    assert now <= leaves <= now + dt.timedelta(hours=49)  # a day, a day left out, an hour that comes twice
    assert departure(timing, leaves) == leaves
    if leaves > now:
        assert departure(timing, leaves - dt.timedelta(microseconds=1)) == leaves


@some
@given(TIMINGS, MOMENTS, st.timedeltas(dt.timedelta(0), dt.timedelta(days=3)))
def test_what_comes_later_never_leaves_earlier(timing: Timing, now: dt.datetime, later: dt.timedelta) -> None:
    assert departure(timing, now) <= departure(timing, now + later)


@some
@given(DIGESTS, MOMENTS)
def test_a_daily_digest_goes_out_once_on_each_day_of_the_calendar(timing: Timing, now: dt.datetime) -> None:
    first = departure(timing, now)
    second = departure(timing, first + dt.timedelta(microseconds=1))
    days = [moment.astimezone(ZoneInfo(timing.time_zone)).date() for moment in (first, second)]
    # A day that was left out has its digest when the next one begins.
    assert days[1] - days[0] == dt.timedelta(days=1) or timing.time_zone == "Pacific/Apia"


@pytest.mark.parametrize(
    ("clock", "now", "leaves"),
    [
        ("02:30", "2026-03-29T00:00+01:00", "2026-03-29T03:00+02:00"),  # missing: when the clocks are put forward
        ("02:30", "2026-10-25T00:00+02:00", "2026-10-25T02:30+02:00"),  # twice: the first time
        ("02:30", "2026-10-25T02:30+01:00", "2026-10-26T02:30+01:00"),  # and not the second
        ("09:00", "2026-03-28T12:00+01:00", "2026-03-29T09:00+02:00"),
    ],
)
def test_a_digest_keeps_its_time_in_summer_and_winter(clock: str, now: str, leaves: str) -> None:
    timing = Timing("Europe/Berlin", pace=DAILY, digest_at=dt.time.fromisoformat(clock))
    assert departure(timing, at(now)) == at(leaves)


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2026-03-28T21:59+01:00", "2026-03-28T21:59+01:00"),
        ("2026-03-28T22:00+01:00", "2026-03-29T03:00+02:00"),  # ends at 02:30, which there is not
        ("2026-10-25T02:29+02:00", "2026-10-25T02:30+01:00"),  # ends at the second 02:30
        ("2026-10-25T02:30+01:00", "2026-10-25T02:30+01:00"),
    ],
)
def test_a_night_with_a_jump_is_quiet_to_its_end(now: str, leaves: str) -> None:
    timing = Timing("Europe/Berlin", quiet_from=dt.time(22), quiet_until=dt.time(2, 30))
    assert departure(timing, at(now)) == at(leaves)


def test_a_weekly_digest_waits_for_its_day() -> None:
    timing = Timing("America/New_York", pace=WEEKLY, digest_at=dt.time(9), digest_weekday=0)
    assert departure(timing, at("2026-06-01T13:00+00:00")) == at("2026-06-01T09:00-04:00")
    assert departure(timing, at("2026-06-01T13:01+00:00")) == at("2026-06-08T09:00-04:00")


def test_a_retry_waits_for_the_end_of_the_night_whatever_the_pace() -> None:
    timing = Timing("UTC", dt.time(22), dt.time(6), DAILY, dt.time(9))
    assert awake_at(timing, at("2026-06-01T23:00+00:00")) == at("2026-06-02T06:00+00:00")
    assert awake_at(timing, at("2026-06-01T12:00+00:00")) == at("2026-06-01T12:00+00:00")


@pytest.mark.parametrize(
    ("timing", "field"),
    [
        (Timing("Mars/Olympus"), "time_zone"),
        (Timing("../../etc/passwd"), "time_zone"),
        (Timing(pace="hourly"), "pace"),
        (Timing(quiet_from=dt.time(22)), "quiet_until"),
        (Timing(quiet_until=dt.time(22)), "quiet_from"),
        (Timing(quiet_from=dt.time(22), quiet_until=dt.time(22, 0, 30)), "quiet_until"),
        (Timing(pace=DAILY), "digest_at"),
        (Timing(pace=WEEKLY, digest_at=dt.time(9)), "digest_weekday"),
        (Timing(pace=WEEKLY, digest_at=dt.time(9), digest_weekday=7), "digest_weekday"),
        (Timing(pace=DAILY, digest_at=dt.time(3), quiet_from=dt.time(22), quiet_until=dt.time(6)), "digest_at"),
    ],
)
def test_times_that_make_no_sense_together_are_refused(timing: Timing, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        checked_timing(timing)
    assert refused.value.field == field
    assert refused.value.way_out


def test_what_a_pace_does_not_use_is_left_out() -> None:
    kept = checked_timing(
        Timing(digest_at=dt.time(9), digest_weekday=3, quiet_from=dt.time(22, tzinfo=dt.UTC), quiet_until=dt.time(6))
    )
    assert (kept.digest_at, kept.digest_weekday, kept.quiet_from) == (None, None, dt.time(22))
