"""A calendar as programs read it (RFC 5545): an event for each end, with an alarm when its rule tells of it.

A day on which very many end has one event for all of them, so that a feed stays as small as a calendar can show.
"""

import datetime as dt
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from icalendar import Alarm, Calendar, Event

from alerts.calendar.days import DAY, midnight
from alerts.calendar.scheduled import Scheduled
from alerts.endings import public_url
from alerts.kinds import OUTSIDE

MOST_A_DAY = 5
MOST_ALARMS = 10
MOST_NAMED = 20
PRODUCT = "-//lbadmin//expiry calendar//EN"
REFRESH = dt.timedelta(hours=1)


def calendar_of(name: str, ends: Sequence[Scheduled], stamp: dt.datetime) -> bytes:
    """Return the calendar; ``stamp`` is the moment that it describes, the same for the same content."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for event in _events(ends):
        event.add("dtstamp", stamp)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _events(ends: Sequence[Scheduled]) -> Iterator[Event]:
    days: dict[dt.date, list[Scheduled]] = {}
    for each in sorted(ends, key=lambda each: each.end):
        days.setdefault(each.end.at.astimezone(dt.UTC).date(), []).append(each)
    for day, found in days.items():
        if len(found) > MOST_A_DAY:
            yield _event_of_day(day, found)
        else:
            yield from map(_event, found)


def _event(scheduled: Scheduled) -> Event:
    end, event = scheduled.end, Event()
    event.add("uid", f"{end.kind}.{scheduled.generation}.{end.subject_id}@lbadmin")
    event.add("dtstart", end.at.astimezone(dt.UTC))
    event.add("summary", _("%(name)s ends") % {"name": end.name})
    url = public_url(end.page, end.subject_id)
    advice = (
        _("Whoever runs the server renews it.")
        if end.kind == OUTSIDE
        else _("Replace it on its page; every listener follows.")
    )
    event.add("description", f"{end.noun}: {end.name}\n{advice}\n{url}")
    event.add("url", url)
    _add_alarms(event, scheduled.hours, end.name)
    return event


def _event_of_day(day: dt.date, found: Sequence[Scheduled]) -> Event:
    event = Event()
    summary = ngettext("%(n)d certificate ends", "%(n)d certificates end", len(found)) % {"n": len(found)}
    event.add("uid", f"day.{day.isoformat()}@lbadmin")
    event.add("dtstart", day)
    event.add("dtend", day + DAY)
    event.add("summary", summary)
    url = public_url("calendar-day", day.isoformat())
    names = [each.end.name for each in found[:MOST_NAMED]]
    rest = [_("and %(n)d more") % {"n": len(found) - MOST_NAMED}] if len(found) > MOST_NAMED else []
    event.add("description", "\n".join([*names, *rest, url]))
    event.add("url", url)
    _add_alarms(event, max((each.hours for each in found), key=len), summary, since=found[0].end.at - midnight(day))
    return event


def _add_alarms(event: Event, hours: Sequence[int], words: str, since: dt.timedelta = dt.timedelta()) -> None:
    """Add an alarm at each threshold; ``since`` is how much later than the event the end itself is."""
    for each in sorted(hours, reverse=True)[:MOST_ALARMS]:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", words)
        alarm.add("trigger", since - dt.timedelta(hours=each))
        event.add_component(alarm)
