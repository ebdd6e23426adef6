"""When a group wants to be told: at once or as a digest, never in its quiet hours. Pure.

Wall clocks are not what they seem: twice a year an hour is missing or comes twice, in some zones at midnight, and once
a whole day was left out. A time that comes twice begins something the first time and ends quiet hours the second time;
a time that is missing stands for the moment at which the clocks were put forward.
"""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)
FINEST = dt.timedelta(microseconds=1)
AT_ONCE, DAILY, WEEKLY = "at-once", "daily", "weekly"
# A digest that is a week away, and the days before and after it that a zone's offset may add.
DAYS_LOOKED_AT = range(-1, 9)


@dataclass(frozen=True, slots=True)
class Timing:
    """A group's time zone, quiet hours and pace, as alerts.models.ContactGroup keeps them."""

    time_zone: str = "UTC"
    quiet_from: dt.time | None = None
    quiet_until: dt.time | None = None
    pace: str = AT_ONCE
    digest_at: dt.time | None = None
    digest_weekday: int | None = None


def departure(timing: Timing, now: dt.datetime) -> dt.datetime:
    """Return the first moment, from ``now`` on, at which a message may go out (UTC)."""
    return awake_at(timing, now if timing.pace == AT_ONCE else _next_digest(timing, now))


def awake_at(timing: Timing, moment: dt.datetime) -> dt.datetime:
    """Return ``moment``, or the end of the quiet hours that it falls into (UTC)."""
    if timing.quiet_from is None or timing.quiet_until is None:
        return moment
    today = moment.astimezone(ZoneInfo(timing.time_zone)).date()
    for days in (-1, 0, 1):  # a night that began yesterday may last; one may follow on another without a gap
        begin, end = _quiet_hours(timing, timing.quiet_from, timing.quiet_until, today + days * DAY)
        if begin <= moment < end:
            moment = end
    return moment


def _quiet_hours(timing: Timing, begin: dt.time, end: dt.time, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Return when the quiet hours that begin on ``day`` begin and end."""
    zone = ZoneInfo(timing.time_zone)
    last_day = day if begin < end else day + DAY
    return _moment(day, begin, zone), _moment(last_day, end, zone, is_last=True)


def _next_digest(timing: Timing, now: dt.datetime) -> dt.datetime:
    zone = ZoneInfo(timing.time_zone)
    today = now.astimezone(zone).date()
    days = (today + ahead * DAY for ahead in DAYS_LOOKED_AT)
    wanted = (day for day in days if timing.pace == DAILY or day.weekday() == timing.digest_weekday)
    moments = (_moment(day, timing.digest_at or dt.time(), zone) for day in wanted)
    return next((moment for moment in moments if moment >= now), now)


def _moment(day: dt.date, clock: dt.time, zone: ZoneInfo, *, is_last: bool = False) -> dt.datetime:
    """Return when a clock in ``zone`` shows ``clock`` on ``day``, in UTC."""
    wall = dt.datetime.combine(day, clock, zone)
    first, second = (wall.replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if first > second:  # how a missing time looks: the earlier offset gives the later moment
        return _end_of_gap(second, first, zone)
    return second if is_last else first


def _end_of_gap(before: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the moment between the two at which the clocks are put forward."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > FINEST:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
