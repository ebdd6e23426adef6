"""Write down what became of an attempt; only the holder of the lease may."""

import datetime as dt
import logging
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.handing.notices import hand_out
from alerts.kinds import CHANNEL
from alerts.models import Channel, Delivery
from alerts.people.audiences import timing_of
from alerts.people.timing import awake_at
from alerts.sending.backoff import TELLING_AFTER, delay_after
from alerts.transports.contract import LONGEST_ANSWER, Receipt, TransportError
from events.actor import SYSTEM
from events.feed import recording
from events.models import Notice
from events.notices import Crossing, mark_told, open_notices, resolve, write_crossings, writing_ledger

logger = logging.getLogger(__name__)


def record_sent(delivery: Delivery, receipt: Receipt) -> None:
    """Keep that the other side has taken the message, and that the channel works. Inside ``writing_ledger``."""
    now = timezone.now()
    _finish(
        delivery,
        state=Delivery.State.SENT,
        sent_at=now,
        settled_recipients={**delivery.settled_recipients, **receipt.recipients},
        last_answer=receipt.answer[:LONGEST_ANSWER],
        last_error="",
    )
    delivery.items.filter(is_void=False).update(is_told=True)
    mark_told(Notice.objects.filter(deliveries__in=delivery.items.filter(is_void=False)))
    channel = Channel.objects.filter(pk=delivery.channel_id)
    if not channel.filter(failing_since__isnull=True).update(last_sent_at=now):
        channel.update(last_sent_at=now)
        clear_failure(delivery.channel, now)


def record_cancelled(delivery: Delivery) -> None:
    """Keep that there was nothing left to tell."""
    reason = _("Everything in this message was replaced, deleted or overtaken before it could be sent.")
    if _finish(delivery, state=Delivery.State.CANCELLED, last_error=reason):
        delivery.items.update(is_void=True)  # what comes back is told then


def record_failure(delivery: Delivery, error: TransportError) -> None:
    """Keep why the message was not taken, and when it is tried again, if ever.

    A test is tried once: whoever asked for it is looking at the result.
    """
    now = timezone.now()
    is_test = delivery.kind == Delivery.Kind.TEST
    delay = None if error.permanent or is_test else delay_after(delivery.attempts, error.retry_after_seconds)
    with writing_ledger():
        is_ours = _finish(
            delivery,
            state=Delivery.State.PENDING if delay else Delivery.State.FAILED,
            next_attempt_at=awake_for(delivery, now + delay) if delay else now,
            settled_recipients={**delivery.settled_recipients, **error.recipients},
            last_error=str(error)[:LONGEST_ANSWER],
            last_answer=error.answer[:LONGEST_ANSWER],
        )
        if is_ours and not is_test:
            _count_failure(delivery.channel, error, now, is_final=delay is None)
    if error.is_gone:
        _disable(delivery.channel, error)


def _finish(delivery: Delivery, **fields: Any) -> bool:
    """Write the result and give up the lease, if it is still ours; return whether it was."""
    ours = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease)
    is_ours = bool(ours.update(lease=None, lease_until=None, **fields))
    if not is_ours:
        logger.warning("%s: the lease ran out during the attempt; its result was not kept", delivery.key)
    return is_ours


def _count_failure(channel: Channel, error: TransportError, now: dt.datetime, *, is_final: bool) -> None:
    """Keep that the channel failed, and tell the others once it cannot be a hiccup any more."""
    Channel.objects.filter(pk=channel.pk).update(
        failures_in_a_row=F("failures_in_a_row") + 1,
        failing_since=Coalesce("failing_since", now),
        last_error=str(error)[:LONGEST_ANSWER],
    )
    channel.refresh_from_db()
    since = channel.failing_since
    if since and (is_final or now - since >= TELLING_AFTER):
        # One notice for each time that the channel fails, so that two dead channels do not tell each other for ever.
        write_crossings([Crossing(CHANNEL, channel.pk, since.isoformat(), channel.name, since, (0,))], now)
        hand_out(now)


def clear_failure(channel: Channel, now: dt.datetime) -> None:
    """Forget that the channel failed, and try at once what is still waiting for it. Inside ``writing_ledger``."""
    failing = Channel.objects.filter(pk=channel.pk, failing_since__isnull=False)
    if failing.update(failures_in_a_row=0, failing_since=None, last_error=""):
        resolve_channel(channel)
        hasten(channel, now)


def resolve_channel(channel: Channel) -> None:
    """Close what is told to others about the channel."""
    resolve(open_notices().filter(subject_kind=CHANNEL, subject_id=channel.pk))


def hasten(channel: Channel, now: dt.datetime) -> int:
    """Have what waits for another attempt tried now; return how many. Digests and quiet hours stay as they are."""
    waiting = channel.deliveries.filter(state=Delivery.State.PENDING, next_attempt_at__gt=now, attempts__gt=0)
    hastened = waiting.select_related("group").only("group", "next_attempt_at")
    for delivery in hastened:
        delivery.next_attempt_at = awake_for(delivery, now)
    return Delivery.objects.bulk_update(hastened, ("next_attempt_at",), batch_size=500)


def awake_for(delivery: Delivery, moment: dt.datetime) -> dt.datetime:
    """Return ``moment``, or the end of the quiet hours of those whom the delivery is for."""
    return awake_at(timing_of(delivery.group), moment) if delivery.group else moment


def _disable(channel: Channel, error: TransportError) -> None:
    """Switch the channel off because its receiver wants no more."""
    reason = _("Switched off: %(error)s Its receiver wants no more messages.") % {"error": str(error)}
    with recording(SYSTEM) as changes:
        enabled = Channel.objects.filter(pk=channel.pk, enabled=True)
        if enabled.update(enabled=False, disabled_reason=reason, revision=F("revision") + 1):
            changes.record("channel.disabled", channel, _("%(name)s was switched off") % {"name": channel.name})
