"""A message that somebody asked for to see whether a channel works: real, but for what it is about."""

import datetime as dt
from collections.abc import Sequence

from alerts.messages.contents.content import Content
from alerts.messages.contents.expiry import event_item
from alerts.messages.endings import public_url, soonest_endings
from alerts.models import Delivery

SHOWN = 3


def test(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    """Say that this is a test, and show the certificates that end soonest."""
    endings = soonest_endings(SHOWN, now)
    return Content(
        event="test",
        context={"endings": endings, "url": public_url("channel-detail", delivery.channel_id)},
        data={
            "test": True,
            "channel": delivery.channel.name,
            "certificates": [event_item(ending) for ending in endings],
        },
    )
