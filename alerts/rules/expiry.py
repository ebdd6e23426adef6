"""When to tell: the thresholds before an end, which of them suit a life, and which a moment has crossed. Pure."""

import datetime as dt
from collections.abc import Sequence

HOUR = dt.timedelta(hours=1)
# Thirty, seven and one days before the end, and the end itself: what the load balancer's documents recommend.
THRESHOLDS_HOURS = (0, 24, 7 * 24, 30 * 24)
# What lives for less is told at fractions of its life. By the first of them a renewal, which begins when a third of a
# life is left or earlier, has had time to go through.
SHORT_LIFE = dt.timedelta(days=45)
FRACTIONS = (24, 8, 4)  # the last 24th, 8th and quarter
# A threshold further from the end than two thirds of a life would be crossed soon after the beginning.
MOST_OF_LIFE = (2, 3)


def thresholds_of_life(hours: Sequence[int], life: dt.timedelta) -> tuple[int, ...]:
    """Return the thresholds, tightest first, of something that lives so long, by a rule that has ``hours``.

    A short life has its fractions, unless the rule is made for short lives: its longest threshold lies in the last
    quarter. Of a longer life, what would be crossed in its first third is left out; where that leaves nothing, it has
    fractions, too.
    """
    longest = max(hours, default=0) * HOUR
    if life < SHORT_LIFE and longest * FRACTIONS[-1] > life:
        return fractions_of_life(life, at_end=0 in hours)
    part, whole = MOST_OF_LIFE
    kept = sorted(each for each in hours if each * HOUR * whole <= life * part or each == 0)
    return tuple(kept) or fractions_of_life(life, at_end=False)


def fractions_of_life(life: dt.timedelta, *, at_end: bool) -> tuple[int, ...]:
    """Return whole hours, tightest first; where a life is too short for any, the end itself."""
    hours = {life // (HOUR * fraction) for fraction in FRACTIONS}
    kept = sorted(each for each in hours if each > 0)
    return (0, *kept) if at_end or not kept else tuple(kept)


def crossed_thresholds(hours: Sequence[int], ends_at: dt.datetime, now: dt.datetime) -> tuple[int, ...]:
    """Return those of the thresholds, in hours and tightest first, that lie behind ``now``.

    An inequality and never an equality of days: a scan that was off for a week still finds what it missed.
    """
    return tuple(each for each in sorted(hours) if ends_at - each * HOUR <= now)
