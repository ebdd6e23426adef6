"""Change contact groups: who is told together, and when they want to be told."""

import datetime as dt
from collections.abc import Collection
from typing import TypeVar

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.handing.notices import hand_out
from alerts.models import AlertRule, Channel, Contact, ContactGroup, Delivery
from alerts.people.audiences import folded, timing_of
from alerts.people.groups import group_by_id
from alerts.people.naming import checked_name
from alerts.people.schedules import checked_timing
from alerts.people.timing import Timing, departure
from alerts.waking import wake_sender
from console.errors import ConflictError, InvalidInputError
from console.ids import is_id
from console.revisions import refuse_stale, save_revision
from events.actor import Actor
from events.feed import recording
from events.notices import writing_ledger

Member = TypeVar("Member", bound=Model)
TIMING = ("time_zone", "quiet_from", "quiet_until", "pace", "digest_at", "digest_weekday")


def create_group(
    actor: Actor,
    *,
    name: str,
    contact_ids: Collection[str] = (),
    channel_ids: Collection[str] = (),
    timing: Timing | None = None,
) -> ContactGroup:
    """Create a group. Nobody of it is told before a rule names it or a certificate's owner bears its name.

    Raises InvalidInputError for a name, a time or a member that cannot be, ConflictError for a name in use.
    """
    group = ContactGroup(name=checked_name(name, "contact-group.invalid-name"), created_by=actor.name)
    _set_timing(group, checked_timing(timing or Timing()))
    with recording(actor) as changes:
        _check_name_is_free(group)
        contacts, channels = _members(Contact, contact_ids, "contact_ids"), _channels(channel_ids)
        group.save(force_insert=True)
        group.contacts.set(contacts)
        group.channels.set(channels)
        changes.record("contact-group.created", group, _("Contact group %(name)s created") % {"name": group.name})
        _tell(timezone.now())
    return group


def update_group(
    actor: Actor,
    group_id: str,
    *,
    expected_revision: int | None = None,
    name: str | None = None,
    contact_ids: Collection[str] | None = None,
    channel_ids: Collection[str] | None = None,
    timing: Timing | None = None,
) -> ContactGroup:
    """Change what is given of a group; who is new is told of what is open, and what waits follows the new times."""
    timing = None if timing is None else checked_timing(timing)
    with recording(actor) as changes:
        group = group_by_id(group_id)
        refuse_stale(group, expected_revision, "contact-group.stale")
        group.name = group.name if name is None else checked_name(name, "contact-group.invalid-name")
        _check_name_is_free(group)
        _set_timing(group, timing or timing_of(group))
        save_revision(group, "name", *TIMING)
        if contact_ids is not None:
            group.contacts.set(_members(Contact, contact_ids, "contact_ids"))
        if channel_ids is not None:
            group.channels.set([*_channels(channel_ids)])
        changes.record("contact-group.updated", group, _("Contact group %(name)s changed") % {"name": group.name})
        now = timezone.now()
        _reschedule(group, now)
        _tell(now)
    return group


def delete_group(actor: Actor, group_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a group; its contacts and channels stay.

    Raises ConflictError for the default group and for one that an alert rule names.
    """
    with recording(actor) as changes:
        group = group_by_id(group_id)
        refuse_stale(group, expected_revision, "contact-group.stale")
        _check_deletable(group)
        changes.record("contact-group.deleted", group, _("Contact group %(name)s deleted") % {"name": group.name})
        group.delete()
        _tell(timezone.now())


def _check_deletable(group: ContactGroup) -> None:
    if group.is_default:
        message = _("“%(name)s” is told of what no rule gives to others, so it cannot be deleted.")
        way_out = _("Change its name or who belongs to it.")
        raise ConflictError(message % {"name": group.name}, "contact-group.default", way_out=way_out)
    rules = AlertRule.objects.filter(steps__group=group).distinct().values_list("name", flat=True)
    if rules:
        message = _("Alert rules tell “%(name)s”: %(rules)s.") % {"name": group.name, "rules": ", ".join(rules)}
        raise ConflictError(message, "contact-group.in-use", way_out=_("Have them tell another group first."))


def _set_timing(group: ContactGroup, timing: Timing) -> None:
    for field in TIMING:
        setattr(group, field, getattr(timing, field))


def _reschedule(group: ContactGroup, now: dt.datetime) -> None:
    """Have what waits for the group's times follow the new ones; what failed keeps the time of its next attempt."""
    waiting = Delivery.objects.filter(group=group, state=Delivery.State.PENDING, attempts=0, next_attempt_at__gt=now)
    waiting.update(next_attempt_at=departure(timing_of(group), now))


def _tell(now: dt.datetime) -> None:
    with writing_ledger():
        hand_out(now)
    transaction.on_commit(wake_sender)


def _channels(ids: Collection[str]) -> list[Channel]:
    found = _members(Channel, ids, "channel_ids")
    for channel in found:
        if channel.contact_id:
            message = _("“%(name)s” is the channel of a contact.") % {"name": channel.name}
            way_out = _("Add the contact to the group.")
            raise InvalidInputError(message, "contact-group.unknown-member", field="channel_ids", way_out=way_out)
    return found


def _members(model: type[Member], ids: Collection[str], field: str) -> list[Member]:
    wanted = set(ids)
    found = list(model._default_manager.filter(pk__in=[each for each in wanted if is_id(each)]))  # noqa: SLF001
    if missing := wanted - {member.pk for member in found}:
        message = _("There is no member “%(id)s”.") % {"id": min(missing)[:64]}
        way_out = _("Use ids of the lists of contacts and channels.")
        raise InvalidInputError(message, "contact-group.unknown-member", field=field, way_out=way_out)
    return found


def _check_name_is_free(group: ContactGroup) -> None:
    """Refuse a name that owners could not tell from another: they are compared without regard to case."""
    others = ContactGroup.objects.exclude(pk=group.pk).values_list("name", flat=True)
    if folded(group.name) in {folded(name) for name in others}:
        message = _("A contact group called “%(name)s” exists already.") % {"name": group.name}
        raise ConflictError(message, "contact-group.duplicate-name", field="name", way_out=_("Choose another name."))
