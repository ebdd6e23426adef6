"""The log of attempts: what was asked is written before it is sent, what came of it afterwards."""

import re

from django.db.models import QuerySet
from django.utils import timezone

from alerts.models import Delivery, DeliveryAttempt
from alerts.transports.contract import LONGEST_ANSWER, Receipt, TransportError

ANSWER_LINK = re.compile(r"(/alerts/answer/)[\w:.-]+")


def begin_attempt(delivery: Delivery, request: str) -> DeliveryAttempt:
    """Note what is about to be sent; an attempt that stays without an end had its sender killed."""
    # PostgreSQL takes no NUL in a text. Whoever has the link of a message may answer for its readers: it is left out.
    kept = ANSWER_LINK.sub(r"\1…", request.replace("\0", "\N{REPLACEMENT CHARACTER}"))
    number = attempts_of(delivery).count() + 1 if _was_tried_before(delivery) else 1
    return DeliveryAttempt.objects.create(delivery=delivery, number=number, started_at=timezone.now(), request=kept)


def _was_tried_before(delivery: Delivery) -> bool:
    """Whether there may be earlier attempts; a message that is sent again counts anew, but keeps its last answer."""
    return delivery.attempts > 1 or bool(delivery.last_answer or delivery.last_error or delivery.sent_at)


def end_attempt(attempt: DeliveryAttempt, result: Receipt | TransportError) -> None:
    """Note what the other side said."""
    attempt.finished_at = timezone.now()
    attempt.succeeded = isinstance(result, Receipt)
    attempt.answer = result.answer[:LONGEST_ANSWER]
    attempt.error = "" if isinstance(result, Receipt) else str(result)[:LONGEST_ANSWER]
    attempt.save(update_fields=("finished_at", "succeeded", "answer", "error"))


def attempts_of(delivery: Delivery) -> "QuerySet[DeliveryAttempt]":
    """Return the attempts of a delivery, oldest first."""
    return delivery.attempt_log.order_by("pk")
