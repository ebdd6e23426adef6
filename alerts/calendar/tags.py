"""The entity tag of a feed (RFC 9110): the same for as long as nothing that it holds has changed."""

import datetime as dt
from hashlib import sha256

from django.db.models import Count, Max

from alerts.models import CalendarFeed
from events.feed import newest_change_id
from watchlist.models import WatchedAddress


def feed_tag(feed: CalendarFeed, language: str, today: dt.date) -> str:
    """Return the tag: it changes with every recorded change, every new certificate outside, and every day."""
    outside = WatchedAddress.objects.aggregate(seen=Max("seen_since"), last=Max("ends_at"), count=Count("ends_at"))
    parts = (feed.pk, feed.group_id, feed.name, language, today, newest_change_id(), *outside.values())
    return f'"{sha256(repr(parts).encode()).hexdigest()[:32]}"'
