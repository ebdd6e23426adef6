"""Send a test over a channel, and send deliveries again."""

import re
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.models import Delivery
from alerts.selectors.channels import channel_by_id
from alerts.selectors.deliveries import delivery_by_key
from alerts.sending.deliveries import send_now
from alerts.waking import wake_sender
from console.errors import ConflictError
from events.actor import Actor
from events.feed import recording


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
