"""REST: what ends when, and calendar feeds."""

import datetime as dt
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status

from access.actors import actor_of, user_of
from access.rest import Body, PageOut, PageParameters
from alerts.calendar import feeds
from alerts.calendar.days import DAY, counts_by_day
from alerts.messages.endings import public_url
from alerts.models import CalendarFeed
from console.errors import InvalidInputError
from console.tables import Page, keyset_page

router = Router(tags=["calendar"])
DAYS_USUAL, MOST_DAYS = 365, 3660


class CalendarQuery(Schema):
    """Which days."""

    first: dt.date | None = Field(None, description="Today (UTC) without it.")
    last: dt.date | None = Field(None, description="A year after the first day without it; ten years at most.")


class DayOut(Schema):
    """A day on which something ends."""

    day: dt.date
    count: int


class CalendarOut(Schema):
    """What ends on which day (UTC); days on which nothing ends are left out."""

    first: dt.date
    last: dt.date
    total: int
    days: list[DayOut]


class FeedIn(Body):
    """A calendar feed to make."""

    name: str = Field("", max_length=1000)
    group_id: str = Field("", description="Only what this group is told of; left out: all certificates.")


class FeedOut(Schema):
    """A calendar feed; its secret address is shown when it is made, and never again."""

    id: int
    name: str
    group_id: str | None
    user: str
    created_at: dt.datetime
    last_read_at: dt.datetime | None

    @staticmethod
    def resolve_user(row: CalendarFeed) -> str:
        """Return who made it."""
        return row.user.get_username()


class NewFeedOut(FeedOut):
    """A calendar feed that was just made, with its secret address."""

    url: str


@router.get("/calendar", response=CalendarOut, operation_id="getCalendar")
def get_calendar(request: HttpRequest, query: Annotated[CalendarQuery, Query()]) -> dict[str, object]:
    """Count what ends, by day."""
    first = query.first or timezone.now().date()
    last = query.last or min(first, dt.date.max - DAYS_USUAL * DAY) + DAYS_USUAL * DAY
    if not first <= last < dt.date.max or (last - first).days > MOST_DAYS:
        message = _("From %(first)s to %(last)s is no time that can be shown.") % {"first": first, "last": last}
        way_out = _("Ask for ten years at most, the first day before the last.")
        raise InvalidInputError(message, "calendar.range", field="last", way_out=way_out)
    counts = counts_by_day(first, last + DAY)
    days = [{"day": day, "count": count} for day, count in sorted(counts.items())]
    return {"first": first, "last": last, "total": counts.total(), "days": days}


@router.get("/calendar-feeds", response=PageOut[FeedOut], operation_id="listCalendarFeeds")
def list_feeds(request: HttpRequest, page: PageParameters) -> Page[CalendarFeed]:
    """List the feeds that the user made; an administrator sees all."""
    return keyset_page(feeds.feeds_of(user_of(request)), ("name", "id"), page.cursor, page.limit)


@router.post("/calendar-feeds", response={201: NewFeedOut}, operation_id="createCalendarFeed")
def create_feed(request: HttpRequest, body: FeedIn) -> Status[CalendarFeed]:
    """Make a feed; its address is in this answer alone."""
    new = feeds.create_feed(actor_of(request), **body.model_dump())
    new.feed.url = public_url("calendar-feed", new.token)  # type: ignore[attr-defined]
    return Status(201, new.feed)


@router.delete("/calendar-feeds/{int:feed_id}", response={204: None}, operation_id="deleteCalendarFeed")
def delete_feed(request: HttpRequest, feed_id: int) -> Status[None]:
    """Revoke a feed: its address answers nobody any more."""
    feeds.revoke_feed(actor_of(request), user_of(request), feed_id)
    return Status(204, None)
