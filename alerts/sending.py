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

from alerts.composing import compose
from alerts.lists import outdated_list_notices
from alerts.models import Channel, Delivery
from alerts.outcomes import record_cancelled, record_failure, record_sent
from alerts.renewals import outdated_renewal_notices
from alerts.subjects import outdated_notices
from alerts.transports import TRANSPORTS, TransportError
from events.notices import open_notices, resolve, writing_ledger

# Several senders look at the same few rows and take one at random, so that they rarely want the same one.
CANDIDATES = 20

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
    while time.monotonic() < deadline:
        due = due_deliveries(timezone.now()).order_by("next_attempt_at")
        candidates = list(due.values_list("pk", flat=True)[:CANDIDATES])
        if not candidates:
            break
        count += send_delivery(random.choice(candidates))  # noqa: S311  # nothing secret hangs on it
    return count


def send_delivery(delivery_id: int) -> bool:
    """Try to send one delivery if it is due and nobody else is sending it; return whether it was tried."""
    delivery = take_lease(delivery_id)
    if delivery is None:
        return False
    try:
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
    notice_ids = _still_open(delivery)
    if delivery.kind != Delivery.Kind.TEST and not notice_ids:
        record_cancelled(delivery)
        return
    message = compose(delivery, notice_ids)
    transport = TRANSPORTS[delivery.channel.kind]
    try:
        receipt = transport(delivery.channel, message)
    except TransportError as error:
        logger.warning("%s to channel %s: %s", delivery.key, delivery.channel.name, error)
        record_failure(delivery, error)
    else:
        logger.info("%s to channel %s: sent", delivery.key, delivery.channel.name)
        record_sent(delivery, receipt)


def _still_open(delivery: Delivery) -> list[int]:
    """Return the notices of the delivery that are still worth telling, after a look at what was replaced meanwhile."""
    now = timezone.now()
    for outdated in (outdated_notices(), outdated_renewal_notices(now), outdated_list_notices(now)):
        told = outdated.filter(deliveries__delivery=delivery)
        if told.exists():
            with writing_ledger():
                resolve(told)
    return list(
        open_notices().filter(deliveries__delivery=delivery).order_by("expires_at", "pk").values_list("pk", flat=True)
    )


def send_now(delivery: Delivery) -> Delivery:
    """Try a delivery at once and return it as it is afterwards; a worker may have been faster."""
    send_delivery(delivery.pk)
    delivery.refresh_from_db()
    return delivery
