"""Send deliveries: a lease by compare-and-set, the sending outside any transaction, then the result.

A sender that is killed leaves a lease that runs out, and the next sweep sends again with the same id. The one case in
which a message can arrive twice is a sender killed after the other side said yes and before the result is written:
then both copies carry the same Message-ID or webhook-id, so that the receiver can tell.
"""

import datetime as dt
import logging
import random
import time
import uuid

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from alerts.ledger.settling import settle
from alerts.messages.composing import compose
from alerts.models import Channel, Delivery
from alerts.sending.ahead import looked_ahead
from alerts.sending.attempts import begin_attempt, end_attempt
from alerts.sending.outcomes import record_cancelled, record_failure, record_sent
from alerts.sending.relevance import worth_telling
from alerts.transports.contract import TransportError
from alerts.transports.table import TRANSPORTS
from alerts.waking import wake_sender
from console.errors import DomainError
from events.models import Notice
from events.notices import writing_ledger

# Several senders look at the same rows and take some at random, so that they rarely want the same one.
CANDIDATES = 1000
# What many messages need is read for so many at once; each is still leased when its turn comes.
AHEAD = 50

logger = logging.getLogger(__name__)


def due_deliveries(now: dt.datetime) -> "QuerySet[Delivery]":
    """Return what is to be sent now: whose time has come, and whose sender has let the lease run out.

    Free of joins on purpose: an update of it then compares and sets in one statement.
    """
    waiting = Q(state=Delivery.State.PENDING, next_attempt_at__lte=now)
    abandoned = Q(state=Delivery.State.SENDING, lease_until__lte=now)
    enabled = Q(channel__in=Channel.objects.filter(enabled=True)) | Q(kind=Delivery.Kind.TEST)
    return Delivery.objects.filter(waiting | abandoned).filter(enabled)


def send_due(budget_seconds: float) -> int:
    """Send due deliveries until none is left or the time is used up; return how many were tried."""
    deadline = time.monotonic() + budget_seconds
    count = 0
    while time.monotonic() < deadline and (ids := _some_due()):
        with looked_ahead(ids):
            for delivery_id in ids:
                count += send_delivery(delivery_id, is_settled=True)
                if time.monotonic() >= deadline:
                    break
    return count


def _some_due() -> list[int]:
    """Return some deliveries that are due, in any order; with more behind them, another worker is asked to join in."""
    due = due_deliveries(timezone.now()).order_by("next_attempt_at").values_list("pk", flat=True)
    candidates = list(due[:CANDIDATES])
    if len(candidates) > AHEAD:
        wake_sender()
    return random.sample(candidates, min(AHEAD, len(candidates)))


def send_delivery(delivery_id: int, *, is_settled: bool = False) -> bool:
    """Try to send one delivery if it is due and nobody else is sending it; return whether it was tried.

    ``is_settled``: what is not true any more was sorted out of the ledger just now.
    """
    delivery = take_lease(delivery_id)
    if delivery is None:
        return False
    try:
        if not is_settled:
            settle(Notice.objects.filter(deliveries__in=delivery.items.filter(is_void=False)), timezone.now())
        _send(delivery)
    except Exception as error:  # the edge of a message: whatever is wrong with this one, the others go out
        logger.exception("delivery %s broke off", delivery.key)
        record_failure(delivery, TransportError(f"{type(error).__name__}: {error}", permanent=False))
    return True


def take_lease(delivery_id: int) -> Delivery | None:
    """Return the delivery if this process has become its sender."""
    now, lease = timezone.now(), uuid.uuid4()
    until = now + dt.timedelta(seconds=settings.ALERTS_LEASE_SECONDS)
    taken = (
        due_deliveries(now)
        .filter(pk=delivery_id)
        .update(state=Delivery.State.SENDING, lease=lease, lease_until=until, attempts=F("attempts") + 1)
    )
    return Delivery.objects.select_related("channel").get(pk=delivery_id) if taken else None


def _send(delivery: Delivery) -> None:
    notice_ids = worth_telling(delivery, timezone.now())
    if delivery.kind != Delivery.Kind.TEST and not notice_ids:
        record_cancelled(delivery)
        return
    attempt = None
    try:
        prepared = TRANSPORTS[delivery.channel.kind](delivery.channel, compose(delivery, notice_ids))
        attempt = begin_attempt(delivery, prepared.request)
        receipt = prepared.send()
    except (TransportError, DomainError) as error:
        failure = error if isinstance(error, TransportError) else TransportError(str(error), permanent=False)
        logger.warning("%s to channel %s: %s", delivery.key, delivery.channel.name, failure)
        end_attempt(attempt or begin_attempt(delivery, ""), failure)
        record_failure(delivery, failure)
    else:
        logger.info("%s to channel %s: sent", delivery.key, delivery.channel.name)
        with writing_ledger():
            end_attempt(attempt, receipt)
            record_sent(delivery, receipt)


def send_now(delivery: Delivery) -> Delivery:
    """Try a delivery at once and return it as it is afterwards; a worker may have been faster."""
    send_delivery(delivery.pk)
    delivery.refresh_from_db()
    return delivery
