"""When to tell: the thresholds before an end, and which of them a moment has crossed. Pure."""

import datetime as dt

# Thirty, seven and one days before the end, and the end itself: what the load balancer's documents recommend.
THRESHOLDS_HOURS = (0, 24, 7 * 24, 30 * 24)
LONGEST = dt.timedelta(hours=max(THRESHOLDS_HOURS))


def crossed_thresholds(ends_at: dt.datetime, now: dt.datetime) -> tuple[int, ...]:
    """Return the thresholds, in hours and tightest first, that lie behind ``now``.

    An inequality and never an equality of days: a scan that was off for a week still finds what it missed.
    """
    return tuple(hours for hours in THRESHOLDS_HOURS if ends_at - dt.timedelta(hours=hours) <= now)
