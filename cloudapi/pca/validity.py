"""How long certificates are asked to be valid: years, months, days, or from one moment to another. Pure."""

import calendar
import datetime as dt
import re
from collections.abc import Mapping

from authorities.building import CLOCK_LEEWAY, Life

MOST_YEARS = 100
LATEST_SECONDS = 253_402_300_799  # the last second of the year 9999
MONTHS = 12
# What two certificates made one after the other for the same years differ by, and more.
SLACK = dt.timedelta(days=1)
_RELATIVE = re.compile(r"(?:([0-9]{1,5})y)?(?:([0-9]{1,5})m)?(?:([0-9]{1,5})d)?", re.IGNORECASE)
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class ValidityError(ValueError):
    """Say that a text or a set of numbers is no validity."""


def later(moment: dt.datetime, *, years: int = 0, months: int = 0, days: int = 0) -> dt.datetime:
    """Return the same hour so many years, months and days later; 31 January and a month is the end of February."""
    month = moment.month - 1 + months + MONTHS * years
    year, month = moment.year + month // MONTHS, month % MONTHS + 1
    if year > moment.year + MOST_YEARS:
        raise ValidityError(f"A certificate lasts {MOST_YEARS} years at the most.")
    day = min(moment.day, calendar.monthrange(year, month)[1])
    try:
        return moment.replace(year=year, month=month, day=day) + dt.timedelta(days=days)
    except OverflowError:
        raise ValidityError("No certificate lasts so long.") from None


def life_given(given: Mapping[str, int], now: dt.datetime) -> Life:
    """Return the life that ``Days``, ``Months``, ``Years``, or ``BeforeTime`` and ``AfterTime`` ask for.

    A length goes before the two moments (seconds since 1970), as in the service.
    """
    lengths = {name.lower(): given[name] for name in ("Years", "Months", "Days") if given.get(name)}
    if lengths:
        return Life(now - CLOCK_LEEWAY, later(now, **lengths))
    if not (given.get("BeforeTime") and given.get("AfterTime")):
        raise ValidityError("Give Days, Months or Years, or both BeforeTime and AfterTime.")
    return Life(_moment(given["BeforeTime"]), _moment(given["AfterTime"]))


def life_written(text: str, now: dt.datetime) -> Life:
    """Return the life that a text asks for: ``1y6m``, ``90d``, ``$NotAfter`` or ``$NotBefore/$NotAfter``."""
    if text and (found := _RELATIVE.fullmatch(text.strip())) and any(found.groups()):
        years, months, days = (int(group or 0) for group in found.groups())
        return Life(now - CLOCK_LEEWAY, later(now, years=years, months=months, days=days))
    begin, is_both, end = text.strip().rpartition("/")
    try:
        ends = dt.datetime.strptime(end, _MOMENT).replace(tzinfo=dt.UTC)
        begins = dt.datetime.strptime(begin, _MOMENT).replace(tzinfo=dt.UTC) if is_both else now - CLOCK_LEEWAY
    except ValueError:
        raise ValidityError("Validity is such as 1y, 6m or 90d, or moments such as 2030-01-31T00:00:00Z.") from None
    return Life(begins, ends)


def within(life: Life, end: dt.datetime) -> Life:
    """Return a life that ends with its authority where it would end less than a day after it."""
    return Life(life.begin, end) if end < life.end < end + SLACK else life


def _moment(seconds: int) -> dt.datetime:
    if not 0 < seconds <= LATEST_SECONDS:
        raise ValidityError("BeforeTime and AfterTime are seconds since 1970.")
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
