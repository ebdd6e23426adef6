"""Say how long, in words."""

import datetime as dt

from django.utils.translation import ngettext

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LONGEST_IN_HOURS = 2 * DAY
LONGEST_IN_DAYS = 120 * DAY
LONGEST_IN_MONTHS = 730 * DAY


def words(span: dt.timedelta) -> str:
    """Return ``span``, without its sign, in its largest sensible unit: seconds, minutes, hours, days, months, years."""
    seconds = int(abs(span.total_seconds()))
    if seconds < MINUTE:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    if seconds < HOUR:
        minutes = seconds // MINUTE
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if seconds < LONGEST_IN_HOURS:
        hours = seconds // HOUR
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return _calendar_words(seconds)


def _calendar_words(seconds: int) -> str:
    days = seconds // DAY
    if seconds < LONGEST_IN_DAYS:
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if seconds < LONGEST_IN_MONTHS:
        months = days * 12 // 365
        return ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    years = days // 365
    return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
