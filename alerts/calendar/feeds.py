"""Secret addresses under which calendar programs read what ends: made, found by their secret, revoked."""

import datetime as dt
import secrets
from dataclasses import dataclass
from hashlib import sha256

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.models import CalendarFeed, ContactGroup
from console.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from events.actor import Actor
from events.feed import recording

TOKEN_BYTES = 32
LONGEST_TOKEN = 64
LONGEST_NAME = 128
MOST_FEEDS = 100  # of one user
READ_NOTED_EVERY = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed that was just made, with the secret that is not shown again."""

    feed: CalendarFeed
    token: str


def feeds_of(user: AbstractBaseUser | AnonymousUser) -> "QuerySet[CalendarFeed]":
    """Return the feeds that a user made; an administrator sees those of all."""
    rows = CalendarFeed.objects.select_related("group", "user").order_by("name", "pk")
    return rows if getattr(user, "is_superuser", False) else rows.filter(Q(user_id=user.pk))


def feed_by_id(user: AbstractBaseUser | AnonymousUser, feed_id: int) -> CalendarFeed:
    """Return a feed that the user may see; raise NotFoundError for any other."""
    found = feeds_of(user).filter(pk=feed_id).first()
    if found is None:
        message = _("There is no calendar feed %(id)s of yours.") % {"id": feed_id}
        raise NotFoundError(message, "calendar-feed.unknown", way_out=_("See the list of calendar feeds."))
    return found


def create_feed(actor: Actor, *, name: str = "", group_id: str = "") -> NewFeed:
    """Make a feed of all certificates, or of those whose ends a group is told of."""
    if actor.user_id is None:
        message = _("A calendar feed belongs to the user who makes it.")
        raise ForbiddenError(message, "calendar-feed.no-user", way_out=_("Sign in, or use the token of a user."))
    with recording(actor) as changes:
        if CalendarFeed.objects.filter(user_id=actor.user_id).count() >= MOST_FEEDS:
            message = _("You have %(most)d calendar feeds already.") % {"most": MOST_FEEDS}
            raise ConflictError(message, "calendar-feed.too-many", way_out=_("Revoke those that nobody reads."))
        group = _group(group_id)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        own_name = group.name if group else _("All certificates")
        feed = CalendarFeed.objects.create(
            group=group, user_id=actor.user_id, name=_checked_name(name) or own_name, token_sha256=_digest(token)
        )
        changes.record("calendar_feed.created", feed, f"Made the calendar feed “{feed.name}”")
    return NewFeed(feed, token)


def revoke_feed(actor: Actor, user: AbstractBaseUser | AnonymousUser, feed_id: int) -> CalendarFeed:
    """Have the secret address answer nobody any more."""
    with recording(actor) as changes:
        feed = feed_by_id(user, feed_id)
        changes.record("calendar_feed.revoked", feed, f"Revoked the calendar feed “{feed.name}”")
        CalendarFeed.objects.filter(pk=feed.pk).delete()
    return feed


def feed_of_token(token: str) -> CalendarFeed | None:
    """Return the feed of a secret, None for any other text; that of a user who may not sign in is none."""
    if not token.isascii() or len(token) > LONGEST_TOKEN:
        return None
    rows = CalendarFeed.objects.select_related("group", "user__contact")
    return rows.filter(token_sha256=_digest(token), user__is_active=True).first()


def note_reading(feed: CalendarFeed) -> None:
    """Keep when a feed was read, to the hour: programs ask every few minutes."""
    now = timezone.now()
    if feed.last_read_at is None or feed.last_read_at < now - READ_NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_read_at=now)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _group(group_id: str) -> ContactGroup | None:
    if not group_id:
        return None
    found = ContactGroup.objects.filter(pk=group_id).first()
    if found is None:
        message = _("There is no group “%(id)s”.") % {"id": group_id[:64]}
        raise InvalidInputError(message, "calendar-feed.group", field="group_id", way_out=_("See the list of groups."))
    return found


def _checked_name(text: str) -> str:
    name = text.strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        message = _("The name has a control character, or more than %(most)d characters.") % {"most": LONGEST_NAME}
        raise InvalidInputError(message, "calendar-feed.name", field="name")
    return name
