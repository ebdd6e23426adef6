"""Change channels: one transaction and one row in the change feed each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.handing.notices import hand_out
from alerts.messages.composing import compose_preview
from alerts.messages.wording import FIELDS, checked_template
from alerts.models import Channel
from alerts.people.groups import join_default_group
from alerts.people.naming import checked_name
from alerts.selectors.channels import channel_by_id
from alerts.sending.outcomes import clear_failure, hasten, resolve_channel
from alerts.transports.addressing import Target, checked_target
from alerts.transports.contract import Message
from alerts.transports.signing import MOST_OVERLAP_HOURS, OVERLAP_HOURS, SIGNED_KINDS, new_secret, rotate
from alerts.waking import wake_sender
from console.errors import ConflictError, InvalidInputError
from console.revisions import refuse_stale, save_revision
from console.sealing import seal
from events.actor import Actor
from events.feed import Recorder, recording
from events.notices import writing_ledger

# What an operator may change.
CHANGEABLE = ("name", "target", "sealed_target", "language", "enabled", *FIELDS)


@dataclass(frozen=True, slots=True)
class WithSecret:
    """A channel, and the signing secret that was just made for it: shown now and never again. Empty without one."""

    channel: Channel
    secret: str


def create_channel(
    actor: Actor,
    *,
    kind: str,
    name: str,
    target: str,
    language: str = "",
    enabled: bool = True,
    in_default_group: bool = True,
    **templates: str,
) -> WithSecret:
    """Create a channel; in the default group it is told at once what everybody has to know now.

    ``templates``: ``subject_template`` and ``text_template``, as ``messages.wording`` has them. Raises
    InvalidInputError for a name, target or template that cannot be right, ConflictError for a name in use.
    """
    channel, secret = _new_channel(kind, name, target, language)
    _set_templates(channel, templates)
    channel.enabled, channel.created_by = enabled, actor.name
    with recording(actor) as changes:
        _check_name_is_free(channel)
        channel.save(force_insert=True)
        if in_default_group:
            join_default_group(channel)
        changes.record("channel.created", channel, _("Channel %(name)s created") % {"name": channel.name})
        _hand_out_now()
    return WithSecret(channel, secret)


def _new_channel(kind: str, name: str, target: str, language: str) -> tuple[Channel, str]:
    """Return a channel that is not stored yet, and its signing secret."""
    if kind not in Channel.Kind.values:
        message = _("There is no kind of channel called “%(kind)s”.") % {"kind": kind[:50]}
        way_out = _("Use one of: %(kinds)s.") % {"kinds": ", ".join(Channel.Kind.values)}
        raise InvalidInputError(message, "channel.unknown-kind", field="kind", way_out=way_out)
    secret = new_secret() if kind in SIGNED_KINDS else ""
    place = checked_target(kind, target)
    channel = Channel(
        kind=kind,
        name=checked_name(name, "channel.invalid-name"),
        target=place.shown,
        sealed_target=place.sealed,
        sealed_secret=seal(secret.encode()) if secret else None,
        language=_checked_language(language),
    )
    return channel, secret


def update_channel(
    actor: Actor,
    channel_id: str,
    *,
    expected_revision: int | None = None,
    name: str | None = None,
    target: str | None = None,
    language: str | None = None,
    enabled: bool | None = None,
    **templates: str | None,
) -> Channel:
    """Change what is given of a channel; a new target or switching it on has its waiting messages tried at once.

    The target of a chat service stays when it is given as it is shown, without its secrets.
    """
    place = _new_target(channel_by_id(channel_id), target)
    with recording(actor) as changes:
        channel = _for_change(channel_id, expected_revision)
        if (name, target, language, *templates.values()) != (None,) * (3 + len(templates)):
            _refuse_contacts_own(channel)
        before = _state(channel)
        channel.name = channel.name if name is None else checked_name(name, "channel.invalid-name")
        if place:
            channel.target, channel.sealed_target = place.shown, place.sealed
        channel.language = channel.language if language is None else _checked_language(language)
        channel.enabled = channel.enabled if enabled is None else enabled
        _set_templates(channel, templates)
        _check_name_is_free(channel)
        if _state(channel) != before:
            _save_change(changes, channel, _what_changed(before, channel))
            _follow_up(channel, before)
    return channel


def _set_templates(channel: Channel, templates: Mapping[str, str | None]) -> None:
    """Set the templates that are given; a form callback has fields of the cloud's and no words."""
    for field, text in templates.items():
        if text is None:
            continue
        if text and channel.kind == Channel.Kind.CALLBACK:
            message = _("A form callback has the fields of the cloud's monitor, and no words of its own.")
            way_out = _("Choose another kind of channel for that.")
            raise InvalidInputError(message, "channel.no-words", field=field, way_out=way_out)
        setattr(channel, field, checked_template(field, text))


def preview_message(channel_id: str, templates: Mapping[str, str | None]) -> Message:
    """Return a real message as the channel would send it with these templates; raise InvalidInputError for bad ones."""
    channel = channel_by_id(channel_id)
    _set_templates(channel, templates)
    return compose_preview(channel, timezone.now())


def _new_target(channel: Channel, text: str | None) -> Target | None:
    """Return where a change has the channel send to, None for where it does; checked before anything is locked."""
    is_as_shown = channel.sealed_target is not None and (text or "").strip() in {"", channel.target}
    return None if text is None or is_as_shown else checked_target(channel.kind, text)


def _state(channel: Channel) -> dict[str, Any]:
    return {name: getattr(channel, name) for name in CHANGEABLE}


def _what_changed(before: Mapping[str, Any], channel: Channel) -> str:
    if before["enabled"] != channel.enabled:
        return "channel.enabled" if channel.enabled else "channel.disabled"
    return "channel.updated"


def _save_change(changes: Recorder, channel: Channel, kind: str) -> None:
    if channel.enabled:
        channel.disabled_reason = ""
    save_revision(channel, *CHANGEABLE, "disabled_reason")
    summaries = {
        "channel.updated": _("Channel %(name)s changed"),
        "channel.enabled": _("Channel %(name)s switched on"),
        "channel.disabled": _("Channel %(name)s switched off"),
    }
    changes.record(kind, channel, summaries[kind] % {"name": channel.name})


def _follow_up(channel: Channel, before: Mapping[str, Any]) -> None:
    """Give the changed channel a fresh start: what made it fail may be gone."""
    if all(getattr(channel, name) == before[name] for name in ("target", "sealed_target", "enabled")):
        return
    now = timezone.now()
    with writing_ledger():
        clear_failure(channel, now)
        if channel.enabled:
            hasten(channel, now)
            hand_out(now)
    transaction.on_commit(wake_sender)


def delete_channel(actor: Actor, channel_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a channel with its delivery log."""
    with recording(actor) as changes:
        channel = _for_change(channel_id, expected_revision)
        _refuse_contacts_own(channel)
        with writing_ledger():
            resolve_channel(channel)
        changes.record("channel.deleted", channel, _("Channel %(name)s deleted") % {"name": channel.name})
        channel.delete()


def rotate_secret(
    actor: Actor, channel_id: str, *, overlap_hours: int = OVERLAP_HOURS, expected_revision: int | None = None
) -> WithSecret:
    """Give a channel a new secret; for some hours messages are signed with the one before as well.

    Raises InvalidInputError for an overlap of less than none or more than a week, ConflictError without a secret.
    """
    _check_overlap(overlap_hours)
    with recording(actor) as changes:
        channel = _for_change(channel_id, expected_revision)
        if channel.kind not in SIGNED_KINDS:
            message = _("“%(name)s” signs nothing: it has no secret.") % {"name": channel.name}
            raise ConflictError(message, "channel.no-secret", way_out=_("Choose a webhook or a form callback."))
        secret = rotate(channel, timezone.now(), overlap_hours)
        save_revision(channel, "sealed_secret", "sealed_previous_secret", "previous_secret_until")
        changes.record("channel.secret-rotated", channel, _("New secret for %(name)s") % {"name": channel.name})
    return WithSecret(channel, secret)


def _check_overlap(hours: int) -> None:
    if not 0 <= hours <= MOST_OVERLAP_HOURS:
        message = _("%(hours)d hours are no time for both secrets.") % {"hours": hours}
        way_out = _("Give 0 to %(most)d; with 0 the old secret ends at once.") % {"most": MOST_OVERLAP_HOURS}
        raise InvalidInputError(message, "channel.invalid-overlap", field="overlap_hours", way_out=way_out)


def _hand_out_now() -> None:
    with writing_ledger():
        hand_out(timezone.now())
    transaction.on_commit(wake_sender)


def _refuse_contacts_own(channel: Channel) -> None:
    """Raise ConflictError for what is a contact's: its address is changed, and it is deleted, with the contact."""
    if channel.contact_id:
        message = _("“%(name)s” is the channel of a contact.") % {"name": channel.name}
        raise ConflictError(message, "channel.of-contact", way_out=_("Change or delete the contact."))


def _for_change(channel_id: str, expected_revision: int | None) -> Channel:
    channel = channel_by_id(channel_id)
    refuse_stale(channel, expected_revision, "channel.stale")
    return channel


def _checked_language(code: str) -> str:
    codes = [known for known, _name in settings.LANGUAGES]
    if code and code not in codes:
        message = _("Messages cannot be written in “%(code)s”.") % {"code": code[:16]}
        way_out = _("Use one of: %(codes)s, or nothing for the installation's.") % {"codes": ", ".join(codes)}
        raise InvalidInputError(message, "channel.unknown-language", field="language", way_out=way_out)
    return code


def _check_name_is_free(channel: Channel) -> None:
    if Channel.objects.filter(name=channel.name).exclude(pk=channel.pk).exists():
        message = _("A channel called “%(name)s” exists already.") % {"name": channel.name}
        raise ConflictError(message, "channel.duplicate-name", field="name", way_out=_("Choose another name."))
