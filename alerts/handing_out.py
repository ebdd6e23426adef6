"""Hand notices out to channels: a delivery for each channel, written before anything is sent."""

import datetime as dt
from collections.abc import Collection

from django.db.models import Exists, OuterRef

from alerts.lists import LIST_KINDS
from alerts.models import Channel, Delivery, DeliveryNotice
from alerts.renewals import RENEWAL_KIND
from alerts.subjects import CERTIFICATE_KINDS, CHANNEL_KIND
from events.notices import open_notices

SUBJECT_KINDS = {
    Delivery.Kind.EXPIRY: CERTIFICATE_KINDS,
    Delivery.Kind.RENEWAL: (RENEWAL_KIND,),
    Delivery.Kind.LIST: LIST_KINDS,
    Delivery.Kind.CHANNEL: (CHANNEL_KIND,),
}


def hand_out(now: dt.datetime) -> int:
    """Write one delivery to each enabled channel for everything open that it was not given; return how many.

    One message, however many notices: ten thousand certificates that expire at once make one digest. A channel that
    is new or enabled again is given what is open at that moment, each certificate at its tightest threshold: somebody
    who has just been added must not wait for the next threshold to hear of a certificate that ends tomorrow.

    To be called inside ``writing_ledger``.
    """
    channels = Channel.objects.filter(enabled=True)
    return sum(_hand_to(channel, kind, kinds, now) for channel in channels for kind, kinds in SUBJECT_KINDS.items())


def _hand_to(channel: Channel, kind: Delivery.Kind, subject_kinds: Collection[str], now: dt.datetime) -> bool:
    given = DeliveryNotice.objects.filter(channel=channel, notice=OuterRef("pk"))
    notices = open_notices().filter(~Exists(given), subject_kind__in=subject_kinds)
    # A failing channel is told of to the others.
    others = notices.exclude(subject_kind=CHANNEL_KIND, subject_id=channel.pk)
    notice_ids = list(others.order_by("id").values_list("pk", flat=True))
    if not notice_ids:
        return False
    delivery = Delivery.objects.create(channel=channel, kind=kind, next_attempt_at=now, created_at=now)
    items = (DeliveryNotice(delivery=delivery, notice_id=pk, channel=channel) for pk in notice_ids)
    DeliveryNotice.objects.bulk_create(items, batch_size=500)
    return True
