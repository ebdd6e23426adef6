"""A calendar as programs read it (RFC 5545): an event for each end, with an alarm when its rule tells of it.

A day on which very many end has one event for all of them, so that a feed stays as small as a calendar can show.
"""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from icalendar import Alarm, Calendar, Event

from alerts.calendar.days import DAY, midnight
from alerts.calendar.scheduled import BusyDay, Scheduled
from alerts.kinds import OUTSIDE
from alerts.messages.endings import public_url
from alerts.transports.email import one_line

MOST_A_DAY = 5
MOST_ALARMS = 10
PRODUCT = "-//lbadmin//expiry calendar//EN"
REFRESH = dt.timedelta(hours=1)
END_OF_CALENDAR, END_OF_EVENT = b"END:VCALENDAR\r\n", b"END:VEVENT\r\n"
SOME_DAY = dt.date(9990, 10, 20)
DATES_IN_EVENT = 3  # written with hyphens: in its id, its description and its address
WORDS = b"DESCRIPTION:\r\n"  # of an alarm, until its event's are put there


def calendar_of(name: str, ends: Sequence[Scheduled | BusyDay], stamp: dt.datetime) -> bytes:
    """Return the calendar; ``stamp`` is the moment that it describes, the same for the same content."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    head = bytes(calendar.to_ical()).removesuffix(END_OF_CALENDAR)
    events = (_event(each, stamp) for each in sorted(ends, key=_moment))
    return b"".join((head, *events, END_OF_CALENDAR))


def _moment(each: Scheduled | BusyDay) -> tuple[dt.datetime, str]:
    return (midnight(each.day), "") if isinstance(each, BusyDay) else (each.end.at, each.end.name)


def _event(each: Scheduled | BusyDay, stamp: dt.datetime) -> bytes:
    if isinstance(each, BusyDay):
        return _event_of_day(each, stamp)
    return _rendered(_of_end(each), each.hours, stamp)


def _rendered(event: Event, hours: tuple[int, ...], stamp: dt.datetime) -> bytes:
    """Return an event with its alarms, which differ in their words alone and so are written once for all events."""
    event.add("dtstamp", stamp)
    event.add("transp", "TRANSPARENT")
    body = bytes(event.to_ical()).removesuffix(END_OF_EVENT)
    alarms = _alarms(hours).replace(WORDS, _words(str(event["summary"])))
    return b"".join((body, alarms, END_OF_EVENT))


def _event_of_day(busy: BusyDay, stamp: dt.datetime) -> bytes:
    """Return the event of a day: that of another one, where as many end, with its dates put in their places."""
    surroundings = (translation.get_language() or "", public_url("calendar"))
    like = _like(busy.count, busy.hours, stamp, surroundings)
    if like.count(SOME_DAY.isoformat().encode()) < DATES_IN_EVENT:  # a long address is folded, maybe within its date
        return _rendered(_of_day(busy), busy.hours, stamp)
    for written in ("%Y-%m-%d", "%Y%m%d"):
        like = like.replace(SOME_DAY.strftime(written).encode(), busy.day.strftime(written).encode())
    return like.replace((SOME_DAY + DAY).strftime("%Y%m%d").encode(), (busy.day + DAY).strftime("%Y%m%d").encode())


@lru_cache(maxsize=1024)
def _like(count: int, hours: tuple[int, ...], stamp: dt.datetime, surroundings: tuple[str, str]) -> bytes:
    """Return an event to copy; ``surroundings`` are what it depends on beside: the language and our own address."""
    return _rendered(_of_day(BusyDay(SOME_DAY, count, hours)), hours, stamp)


def _words(text: str) -> bytes:
    """Return the line of an alarm that says ``text``, escaped and folded."""
    alarm = Alarm()
    alarm.add("description", text)
    return bytes(alarm.to_ical()).removeprefix(b"BEGIN:VALARM\r\n").removesuffix(b"END:VALARM\r\n")


def _of_end(scheduled: Scheduled) -> Event:
    end, event = scheduled.end, Event()
    event.add("uid", f"{end.kind}.{scheduled.generation}.{end.subject_id}@lbadmin")
    event.add("dtstart", end.at.astimezone(dt.UTC))
    # Marks that turn the text would turn what programs show behind it, too.
    name = end.name if end.name.isprintable() else one_line(end.name)
    event.add("summary", _("%(name)s ends") % {"name": name})
    url = public_url(end.page, end.subject_id)
    advice = (
        _("Whoever runs the server renews it.")
        if end.kind == OUTSIDE
        else _("Replace it on its page; every listener follows.")
    )
    event.add("description", f"{end.noun}: {name}\n{advice}\n{url}")
    event.add("url", url)
    return event


def _of_day(busy: BusyDay) -> Event:
    event = Event()
    words = ngettext("%(n)d certificate ends", "%(n)d certificates end", busy.count)
    event.add("uid", f"day.{busy.day.isoformat()}@lbadmin")
    event.add("dtstart", busy.day)
    event.add("dtend", busy.day + DAY)
    event.add("summary", words % {"n": busy.count})
    url = public_url("calendar-day", busy.day.isoformat())
    event.add("description", "{}\n{}".format(_("They are listed on the page of the day."), url))
    event.add("url", url)
    return event


@lru_cache(maxsize=256)
def _alarms(hours: tuple[int, ...]) -> bytes:
    """Return an alarm at each threshold, their words left open."""
    return b"".join(_alarm(each) for each in sorted(hours, reverse=True)[:MOST_ALARMS])


def _alarm(hours: int) -> bytes:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "")
    alarm.add("trigger", -dt.timedelta(hours=hours))
    return bytes(alarm.to_ical())
