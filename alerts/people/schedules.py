"""Check when a group wants to be told: a zone that there is, times that make sense together. Pure."""

import datetime as dt
from functools import cache
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from alerts.people.timing import AT_ONCE, DAILY, WEEKLY, Timing
from console.errors import InvalidInputError

WEEKDAYS = range(7)


@cache
def time_zones() -> tuple[str, ...]:
    """Return the names of the IANA database, sorted."""
    return tuple(sorted(available_timezones()))


def checked_timing(timing: Timing) -> Timing:
    """Return the timing with what its pace does not use left out; raise InvalidInputError for what cannot be."""
    if timing.time_zone not in time_zones():
        message = _("“%(zone)s” is no time zone.") % {"zone": timing.time_zone[:64]}
        raise _refusal(message, "time_zone", _("Use a name of the IANA database, such as Europe/Berlin."))
    if timing.pace not in {AT_ONCE, DAILY, WEEKLY}:
        message = _("“%(pace)s” is no pace.") % {"pace": timing.pace[:20]}
        raise _refusal(message, "pace", _("Use at-once, daily or weekly."))
    quiet_from, quiet_until = _checked_quiet_hours(timing)
    return Timing(
        time_zone=timing.time_zone,
        quiet_from=quiet_from,
        quiet_until=quiet_until,
        pace=timing.pace,
        digest_at=_checked_digest(timing, quiet_from, quiet_until),
        digest_weekday=_checked_weekday(timing),
    )


def _checked_quiet_hours(timing: Timing) -> tuple[dt.time | None, dt.time | None]:
    begin, end = _minute(timing.quiet_from), _minute(timing.quiet_until)
    if (begin is None) != (end is None):
        field = "quiet_until" if end is None else "quiet_from"
        raise _refusal(_("Quiet hours need a beginning and an end."), field, _("Give both, or neither."))
    if begin is not None and begin == end:
        message = _("Quiet hours that end when they begin would last for ever.")
        raise _refusal(message, "quiet_until", _("Choose another end, or leave both out."))
    return begin, end


def _checked_digest(timing: Timing, quiet_from: dt.time | None, quiet_until: dt.time | None) -> dt.time | None:
    if timing.pace == AT_ONCE:
        return None
    at = _minute(timing.digest_at)
    if at is None:
        raise _refusal(_("A digest needs a time of day."), "digest_at", _("Give one, such as 09:00."))
    if quiet_from is not None and quiet_until is not None and _is_between(at, quiet_from, quiet_until):
        message = _("The digest would be sent in the quiet hours.")
        raise _refusal(message, "digest_at", _("Choose a time outside them."))
    return at


def _checked_weekday(timing: Timing) -> int | None:
    if timing.pace != WEEKLY:
        return None
    if timing.digest_weekday not in WEEKDAYS:
        message = _("A weekly digest needs a day of the week.")
        raise _refusal(message, "digest_weekday", _("Give one, from 0 for Monday to 6 for Sunday."))
    return timing.digest_weekday


def _is_between(clock: dt.time, begin: dt.time, end: dt.time) -> bool:
    return begin <= clock < end if begin < end else clock >= begin or clock < end


def _minute(clock: dt.time | None) -> dt.time | None:
    """Return whole minutes of a wall clock: the zone is the group's."""
    return None if clock is None else clock.replace(second=0, microsecond=0, tzinfo=None, fold=0)


def _refusal(message: str, field: str, way_out: str) -> InvalidInputError:
    return InvalidInputError(message, f"contact-group.invalid-{field.replace('_', '-')}", field=field, way_out=way_out)
