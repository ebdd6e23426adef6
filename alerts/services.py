"""Change channels and deliveries: one transaction and one row in the change feed each."""

import base64
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.handing_out import hand_out
from alerts.models import Channel, Delivery
from alerts.outcomes import clear_failure, hasten, resolve_channel
from alerts.selectors import channel_by_id, delivery_by_key
from alerts.sending import send_now
from alerts.targets import LONGEST_TARGET, parse_recipients, parse_webhook_url
from alerts.waking import wake_sender
from certificates.keys import seal
from console.errors import ConflictError, InvalidInputError
from console.revisions import refuse_stale, save_revision
from events.actor import Actor
from events.feed import Recorder, recording
from events.notices import writing_ledger

LONGEST_NAME = 128
SECRET_PREFIX = "whsec_"  # noqa: S105  # how the Standard Webhooks specification marks a secret
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class WithSecret:
    """A channel, and the webhook secret that was just made for it: shown now and never again. Empty for mail."""

    channel: Channel
    secret: str


def create_channel(actor: Actor, *, kind: str, name: str, target: str, enabled: bool = True) -> WithSecret:
    """Create a channel; it is told at once what everybody has to know now.

    Raises InvalidInputError for a name or target that cannot be right, ConflictError for a name in use.
    """
    if kind not in Channel.Kind.values:
        message = _("There is no kind of channel called “%(kind)s”.") % {"kind": kind[:50]}
        raise InvalidInputError(message, "channel.unknown-kind", field="kind", way_out=_("Use email or webhook."))
    secret = _new_secret() if kind == Channel.Kind.WEBHOOK else ""
    channel = Channel(
        kind=kind,
        name=_checked_name(name),
        target=_checked_target(kind, target),
        sealed_secret=seal(secret.encode()) if secret else None,
        enabled=enabled,
        created_by=actor.name,
    )
    with recording(actor) as changes:
        _check_name_is_free(channel)
        channel.save(force_insert=True)
        changes.record("channel.created", channel, _("Channel %(name)s created") % {"name": channel.name})
        _hand_out_now()
    return WithSecret(channel, secret)


def update_channel(
    actor: Actor,
    channel_id: str,
    *,
    expected_revision: int | None = None,
    name: str | None = None,
    target: str | None = None,
    enabled: bool | None = None,
) -> Channel:
    """Change what is given of a channel; a new target or switching it on has its waiting messages tried at once."""
    with recording(actor) as changes:
        channel = _for_change(channel_id, expected_revision)
        before = (channel.name, channel.target, channel.enabled)
        channel.name = channel.name if name is None else _checked_name(name)
        channel.target = channel.target if target is None else _checked_target(channel.kind, target)
        channel.enabled = channel.enabled if enabled is None else enabled
        _check_name_is_free(channel)
        if (channel.name, channel.target, channel.enabled) != before:
            _save_change(changes, channel, _what_changed(before, channel))
            _follow_up(channel, before)
    return channel


def _what_changed(before: tuple[str, str, bool], channel: Channel) -> str:
    if before[2] != channel.enabled:
        return "channel.enabled" if channel.enabled else "channel.disabled"
    return "channel.updated"


def _save_change(changes: Recorder, channel: Channel, kind: str) -> None:
    if channel.enabled:
        channel.disabled_reason = ""
    save_revision(channel, "name", "target", "enabled", "disabled_reason")
    summaries = {
        "channel.updated": _("Channel %(name)s changed"),
        "channel.enabled": _("Channel %(name)s switched on"),
        "channel.disabled": _("Channel %(name)s switched off"),
    }
    changes.record(kind, channel, summaries[kind] % {"name": channel.name})


def _follow_up(channel: Channel, before: tuple[str, str, bool]) -> None:
    """Give the changed channel a fresh start: what made it fail may be gone."""
    _name, target, enabled = before
    if (target, enabled) == (channel.target, channel.enabled):
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
        with writing_ledger():
            resolve_channel(channel)
        changes.record("channel.deleted", channel, _("Channel %(name)s deleted") % {"name": channel.name})
        channel.delete()


def rotate_secret(actor: Actor, channel_id: str, *, expected_revision: int | None = None) -> WithSecret:
    """Give a webhook a new secret; every message from now on is signed with it alone."""
    secret = _new_secret()
    with recording(actor) as changes:
        channel = _for_change(channel_id, expected_revision)
        if channel.kind != Channel.Kind.WEBHOOK:
            message = _("“%(name)s” sends mail, which has no signing secret.") % {"name": channel.name}
            raise ConflictError(message, "channel.no-secret", way_out=_("Choose a webhook."))
        channel.sealed_secret = seal(secret.encode())
        save_revision(channel, "sealed_secret")
        changes.record("channel.secret-rotated", channel, _("New secret for %(name)s") % {"name": channel.name})
    return WithSecret(channel, secret)


def send_test(actor: Actor, channel_id: str) -> Delivery:
    """Send a real message that says that it is a test, and return it with its result."""
    channel = channel_by_id(channel_id)
    now = timezone.now()
    delivery = Delivery.objects.create(channel=channel, kind=Delivery.Kind.TEST, next_attempt_at=now, created_at=now)
    return send_now(delivery)


def resend_delivery(actor: Actor, key: UUID) -> Delivery:
    """Queue a finished delivery again, with the id that it had: a receiver that has it can tell.

    A message that was sent goes to every recipient again, one that failed to those who do not have it. Raises
    ConflictError while it is on its way anyway, and when nothing in it is true any more.
    """
    now = timezone.now()
    with recording(actor) as changes:
        delivery = delivery_by_key(key)
        _check_resendable(delivery)
        was_sent = delivery.state == Delivery.State.SENT
        delivery.state = Delivery.State.PENDING
        delivery.attempts, delivery.next_attempt_at = 0, now
        delivery.settled_recipients = {} if was_sent else _accepted(delivery)
        delivery.save(update_fields=("state", "attempts", "next_attempt_at", "settled_recipients"))
        summary = _("A message over %(name)s is sent again") % {"name": delivery.channel.name}
        changes.record("channel.resent", delivery.channel, summary, delivery=str(key))
        transaction.on_commit(wake_sender)
    return delivery


def _accepted(delivery: Delivery) -> dict[str, str]:
    """Return the recipients that have the mail; a refusal may have been put right."""
    return {to: answer for to, answer in delivery.settled_recipients.items() if not re.match(r"\d{3} ", answer)}


def can_resend(delivery: Delivery) -> bool:
    """Whether ``resend_delivery`` would queue it."""
    try:
        _check_resendable(delivery)
    except ConflictError:
        return False
    return True


def _check_resendable(delivery: Delivery) -> None:
    if delivery.state in {Delivery.State.PENDING, Delivery.State.SENDING}:
        message = _("This message is still on its way.")
        raise ConflictError(message, "delivery.in-progress", way_out=_("Wait for its next attempt."))
    if delivery.kind == Delivery.Kind.TEST:
        message = _("This message was only a test.")
        raise ConflictError(message, "delivery.is-test", way_out=_("Test the channel again."))
    if not delivery.items.filter(notice__is_open=True).exists():
        message = _("Everything that this message tells was replaced, deleted or overtaken since.")
        raise ConflictError(message, "delivery.outdated", way_out=_("See the newest deliveries of the channel."))
    if not delivery.channel.enabled:
        message = _("The channel “%(name)s” is switched off.") % {"name": delivery.channel.name}
        raise ConflictError(message, "channel.disabled", way_out=_("Switch it on first."))


def _hand_out_now() -> None:
    with writing_ledger():
        hand_out(timezone.now())
    transaction.on_commit(wake_sender)


def _for_change(channel_id: str, expected_revision: int | None) -> Channel:
    channel = channel_by_id(channel_id)
    refuse_stale(channel, expected_revision, "channel.stale")
    return channel


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _checked_name(name: str) -> str:
    cleaned = name.strip()
    if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        message = _("A channel needs a name of 1 to 128 characters, without line breaks.")
        raise InvalidInputError(message, "channel.invalid-name", field="name", way_out=_("Choose another name."))
    return cleaned


def _checked_target(kind: str, target: str) -> str:
    if kind == Channel.Kind.WEBHOOK:
        return parse_webhook_url(target)
    joined = ", ".join(parse_recipients(target))
    if len(joined) > LONGEST_TARGET:
        message = _("The mail addresses are too long together.")
        raise InvalidInputError(message, "channel.invalid-target", field="target", way_out=_("Use a mailing list."))
    return joined


def _check_name_is_free(channel: Channel) -> None:
    if Channel.objects.filter(name=channel.name).exclude(pk=channel.pk).exists():
        message = _("A channel called “%(name)s” exists already.") % {"name": channel.name}
        raise ConflictError(message, "channel.duplicate-name", field="name", way_out=_("Choose another name."))
