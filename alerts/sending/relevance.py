"""What of a delivery is still worth telling at the moment in which it is sent."""

import datetime as dt

from django.db.models import Q, QuerySet

from alerts.ledger.silence import without_silenced
from alerts.models import Acknowledgement, Delivery
from events.models import Notice


def worth_telling(delivery: Delivery, now: dt.datetime) -> list[int]:
    """Return the notices to tell, soonest end first; what is left out of a first message counts as not handed out.

    A message that was sent before is sent again as it was, but for what is not true any more.
    """
    items = delivery.items.filter(is_void=False)
    notices = Notice.objects.filter(_is_true(delivery), pk__in=items.values("notice"))
    if delivery.sent_at is None and delivery.kind != Delivery.Kind.RESOLVED and Acknowledgement.objects.exists():
        notices = without_silenced(notices, now)
    kept = list(notices.order_by("expires_at", "pk").values_list("pk", flat=True))
    if delivery.sent_at is None and len(kept) < items.count():
        _leave_out(delivery, notices)
    return kept


def _is_true(delivery: Delivery) -> Q:
    return Q(is_open=delivery.kind != Delivery.Kind.RESOLVED)


def _leave_out(delivery: Delivery, kept: "QuerySet[Notice]") -> None:
    delivery.items.filter(is_void=False).exclude(notice__in=kept.order_by().values("pk")).update(is_void=True)
