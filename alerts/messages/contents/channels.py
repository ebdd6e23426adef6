"""Channels that fail, told over the others."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from alerts.messages.contents.content import Content
from alerts.messages.endings import public_url
from alerts.models import Channel, Delivery
from events.models import Notice


def failing_channels(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    """Say which channels do not work, since when and why."""
    subjects = Notice.objects.filter(pk__in=notice_ids).values_list("subject_id", flat=True)
    failing = list(Channel.objects.filter(pk__in=list(subjects)).order_by("name"))
    items = [{"channel": channel, "url": public_url("channel-detail", channel.pk)} for channel in failing]
    return Content(
        event="channel.failing",
        context={"items": items, "url": public_url("channel-list")},
        data={"channels": [_event_item(channel, item["url"]) for channel, item in zip(failing, items, strict=True)]},
    )


def _event_item(channel: Channel, url: object) -> dict[str, Any]:
    return {
        "id": channel.pk,
        "name": channel.name,
        "kind": channel.kind,
        "enabled": channel.enabled,
        "failing_since": channel.failing_since.isoformat() if channel.failing_since else None,
        "last_error": channel.last_error,
        "url": url,
    }
