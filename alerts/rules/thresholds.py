"""Reading and writing thresholds: “30d, 7d, 12h, 0” before the end, 0 at the end itself. Pure."""

import re
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.errors import InvalidInputError

DAY_HOURS = 24
LONGEST_DAYS = 10_000
LONGEST_HOURS = LONGEST_DAYS * DAY_HOURS
MOST = 20
LONGEST_TEXT = 1000
_PART = re.compile(r"([+-]?\d{1,9})\s*([dh]?)", re.IGNORECASE | re.ASCII)


def parse_thresholds(text: str) -> tuple[int, ...]:
    """Return the hours that ``text`` names, longest first; raise InvalidInputError that says which part is wrong."""
    parts = [part.strip() for part in re.split(r"[,;\n]", text[:LONGEST_TEXT])]
    return checked_hours([_hours(part) for part in parts if part])


def _hours(part: str) -> int:
    found = _PART.fullmatch(part)
    if not found:
        raise _invalid(_("“%(part)s” is no time before the end.") % {"part": part[:50]})
    number, unit = int(found[1]), found[2].lower()
    if not unit and number:
        raise _invalid(_("“%(part)s” does not say whether it means days or hours.") % {"part": part})
    return number * DAY_HOURS if unit == "d" else number


def checked_hours(hours: Sequence[int]) -> tuple[int, ...]:
    """Return thresholds, longest first; raise InvalidInputError for what cannot be meant."""
    if not hours:
        raise _invalid(_("A rule that tells needs a threshold."))
    if len(hours) > MOST:
        raise _invalid(_("A rule has at most %(most)d thresholds.") % {"most": MOST})
    for each in hours:
        _check(each)
    doubled = {each for each in hours if hours.count(each) > 1}
    if doubled:
        raise _invalid(_("The threshold %(which)s is there twice.") % {"which": short(max(doubled))})
    return tuple(sorted(hours, reverse=True))


def _check(hours: int) -> None:
    if hours < 0:
        raise _invalid(_("A threshold lies before the end, so %(which)s cannot be one.") % {"which": short(hours)})
    if hours > LONGEST_HOURS:
        message = _("%(which)s is more than %(most)d days.") % {"which": short(hours), "most": LONGEST_DAYS}
        raise _invalid(message)


def _invalid(message: str) -> InvalidInputError:
    way_out = _("Name days or hours before the end, such as 30d, 7d, 12h, and 0 for the end itself.")
    return InvalidInputError(message, "alert-rule.invalid-thresholds", field="thresholds_hours", way_out=way_out)


def short(hours: int) -> str:
    """Return a threshold as it is typed."""
    if hours == 0:
        return "0"
    return f"{hours // DAY_HOURS}d" if hours % DAY_HOURS == 0 else f"{hours}h"


def written(hours: Iterable[int]) -> str:
    """Return thresholds as they are typed, longest first."""
    return ", ".join(short(each) for each in sorted(hours, reverse=True))


def words(hours: int) -> str:
    """Return a threshold in words."""
    if hours == 0:
        return _("at the end")
    if hours % DAY_HOURS == 0:
        days = hours // DAY_HOURS
        return ngettext("%(n)d day before", "%(n)d days before", days) % {"n": days}
    return ngettext("%(n)d hour before", "%(n)d hours before", hours) % {"n": hours}
