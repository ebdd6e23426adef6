"""The calendar's pages: a month, thirteen months as a heat map, one day; and the feeds that programs read."""

import datetime as dt

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from alerts.calendar.days import DAY, counts_by_day, ends_by_day, ends_on
from alerts.calendar.feeds import feed_of_token, note_reading
from alerts.calendar.grid import MONTHS_SHOWN, month_grid, month_of, next_month, weeks_of, year_grid
from alerts.calendar.ics import MOST_A_DAY, calendar_of
from alerts.calendar.scheduled import Window, scheduled_ends
from alerts.calendar.tags import feed_tag
from alerts.models import CalendarFeed
from console.errors import InvalidInputError, NotFoundError

NAMED_A_DAY = 3
MOST_ON_A_PAGE = 500
WEEKDAYS = (
    gettext_lazy("Mon"), gettext_lazy("Tue"), gettext_lazy("Wed"), gettext_lazy("Thu"), gettext_lazy("Fri"),
    gettext_lazy("Sat"), gettext_lazy("Sun"),
)  # fmt: skip


@require_safe
def calendar_month(request: HttpRequest) -> HttpResponse:
    """Show what ends in a month, day by day (UTC)."""
    today = timezone.now().date()
    first = _month(request.GET.get("month", ""), today)
    weeks = weeks_of(first)
    start, until = weeks[0][0], weeks[-1][-1] + DAY
    counts = counts_by_day(start, until)
    grid = month_grid(first, counts, ends_by_day(start, until, NAMED_A_DAY), today)
    inside = [day for week in grid for day in week if not day.is_outside]
    context = {
        "first": first,
        "weeks": grid,
        "weekdays": WEEKDAYS,
        "days": [day for day in inside if day.count],
        "total": sum(day.count for day in inside),
        "previous": next_month(first, -1),
        "next": next_month(first),
        "view": "month",
    }
    return render(request, "alerts/calendar/month.html", context)


@require_safe
def calendar_year(request: HttpRequest) -> HttpResponse:
    """Show when how many end over thirteen months."""
    today = timezone.now().date()
    first = _month(request.GET.get("from", ""), today)
    until = next_month(first, MONTHS_SHOWN)
    months = year_grid(first, counts_by_day(first, until), today)
    context = {
        "first": first,
        "last": months[-1].first,
        "months": months,
        "numbers": range(1, 32),
        "total": sum(month.total for month in months),
        "previous": next_month(first, -12),
        "next": next_month(first, 12),
        "view": "year",
    }
    return render(request, "alerts/calendar/year.html", context)


@require_safe
def calendar_day(request: HttpRequest, day: str) -> HttpResponse:
    """List what ends on one day."""
    date = _date(day)
    ends = ends_on(date, MOST_ON_A_PAGE)
    count = counts_by_day(date, date + DAY)[date]
    context = {
        "date": date,
        "ends": ends,
        "count": count,
        "left_out": count - len(ends),
        "previous": date - DAY,
        "next": date + DAY,
    }
    return render(request, "alerts/calendar/day.html", context)


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Answer a calendar program that knows the secret address; 304 where it has everything already."""
    feed = feed_of_token(token)
    if feed is None:
        raise Http404
    note_reading(feed)
    now = timezone.now()
    with translation.override(_language(feed)):
        tag = feed_tag(feed, translation.get_language() or "", now.date())
        response = HttpResponse(status=304) if _has(request, tag) else _calendar(feed, now)
    response["ETag"] = tag
    response["Cache-Control"] = "private, max-age=300"
    return response


def _calendar(feed: CalendarFeed, now: dt.datetime) -> HttpResponse:
    today = now.date()
    stamp = dt.datetime.combine(today, dt.time(), dt.UTC)
    ends = scheduled_ends(Window.around(today), feed.group, MOST_A_DAY)
    response = HttpResponse(calendar_of(feed.name, ends, stamp), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="lbadmin.ics"'
    return response


def _language(feed: CalendarFeed) -> str | None:
    """Return the language of the contact whose feed it is, None for the installation's."""
    contact = getattr(feed.user, "contact", None)
    return contact.language or None if contact else None


def _has(request: HttpRequest, tag: str) -> bool:
    known = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    return bool({tag, "*"} & known)


def _month(text: str, today: dt.date) -> dt.date:
    try:
        return month_of(text, today)
    except ValueError:
        message = _("“%(text)s” is no month.") % {"text": text[:20]}
        way_out = _("Write it like 2026-11.")
        raise InvalidInputError(message, "calendar.month", field="month", way_out=way_out) from None


def _date(text: str) -> dt.date:
    try:
        date = dt.date.fromisoformat(text)
        month_of(f"{date:%Y-%m}", date)
    except ValueError:
        message = _("“%(text)s” is no day.") % {"text": text[:20]}
        raise NotFoundError(message, "calendar.day", way_out=_("Write it like 2026-11-21.")) from None
    return date
