"""Forget deliveries that are finished and old; the ledger of notices remembers what was told."""

import datetime as dt

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from alerts.models import Delivery, DeliveryNotice

BATCH = 500
FINISHED = (Delivery.State.SENT, Delivery.State.FAILED, Delivery.State.CANCELLED)


def prune_deliveries(now: dt.datetime) -> int:
    """Delete what ``prunable`` names, some at a time, with attempts and items; return how many."""
    count = 0
    while batch := list(prunable(now).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        Delivery.objects.filter(pk__in=batch).delete()
        count += len(batch)
    return count


def prunable(now: dt.datetime) -> "QuerySet[Delivery]":
    """Return finished deliveries of more than ``ALERTS_DELIVERIES_DAYS`` ago about nothing that anybody may still ask.

    A delivery is what keeps its notice from being handed to the channel again, and what says who is to be told that it
    is resolved: while the notice is open, and as long again after its end, it stays.
    """
    limit = now - dt.timedelta(days=settings.ALERTS_DELIVERIES_DAYS)
    is_fresh = Q(notice__is_open=True) | Q(notice__owes_resolution=True) | Q(notice__resolved_at__gt=limit)
    fresh = DeliveryNotice.objects.filter(is_fresh, delivery=OuterRef("pk"))
    return Delivery.objects.filter(~Exists(fresh), state__in=FINISHED, created_at__lt=limit)
