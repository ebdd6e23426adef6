"""Put a message together from a delivery: subject, text, HTML and the data of a webhook's event."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from alerts.endings import Ending, endings_of, public_url, soonest_endings
from alerts.list_troubles import troubled_lists
from alerts.models import Channel, Delivery
from alerts.transports import Message
from events.models import Notice
from renewals.models import Renewal

# A digest lists so many; the page that it links to has them all.
MOST_IN_MAIL = 50
MOST_IN_EVENT = 500
SHOWN_IN_TEST = 3


@dataclass(frozen=True, slots=True)
class Content:
    """What the templates and the event of one message are made of."""

    event: str
    context: dict[str, Any]
    data: dict[str, Any] = field(default_factory=dict)


def compose(delivery: Delivery, notice_ids: Sequence[int]) -> Message:
    """Return the message of a delivery, about ``notice_ids``, in the language of the installation."""
    with translation.override(settings.LANGUAGE_CODE):
        content = _CONTENTS[Delivery.Kind(delivery.kind)](delivery, notice_ids, timezone.now())
        context = {"channel": delivery.channel, "delivery_url": _delivery_url(delivery), **content.context}
        folder = f"alerts/{delivery.kind}"
        # Rendered as it is for the header, and escaped where the HTML repeats it.
        context["subject"] = render_to_string(f"{folder}/subject.txt", context).strip()
        return Message(
            key=str(delivery.key),
            created_at=delivery.created_at,
            event=content.event,
            subject=context["subject"],
            text=render_to_string(f"{folder}/body.txt", context).strip() + "\n",
            html=render_to_string(f"{folder}/body.html", context),
            data=content.data,
            settled_recipients=delivery.settled_recipients,
        )


def _delivery_url(delivery: Delivery) -> str:
    return public_url("delivery-detail", delivery.key)


def _expiry(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    notices = Notice.objects.filter(pk__in=notice_ids[:MOST_IN_EVENT]).order_by("expires_at", "pk")
    endings = endings_of(notices, now)
    total = len(notice_ids)
    url = public_url("notice-list")
    return Content(
        event="certificate.expiring",
        context=_expiry_context(endings, total) | {"url": url},
        data={"total": total, "url": url, "certificates": [_event_item(ending) for ending in endings]},
    )


def _expiry_context(endings: Sequence[Ending], total: int) -> dict[str, Any]:
    shown = endings[:MOST_IN_MAIL]
    return {
        "first": shown[0] if shown else None,
        "expired": [ending for ending in shown if ending.is_expired],
        "expiring": [ending for ending in shown if not ending.is_expired],
        "total": total,
        "others": total - 1,
        "left_out": total - len(shown),
        "has_authorities": any(ending.authority_url for ending in shown),
        "has_others": not all(ending.authority_url for ending in shown) or total > len(shown),
    }


def _test(delivery: Delivery, notice_ids: Collection[int], now: dt.datetime) -> Content:
    endings = soonest_endings(SHOWN_IN_TEST, now)
    return Content(
        event="test",
        context={"endings": endings, "url": public_url("channel-detail", delivery.channel_id)},
        data={
            "test": True,
            "channel": delivery.channel.name,
            "certificates": [_event_item(ending) for ending in endings],
        },
    )


def _channel_failure(delivery: Delivery, notice_ids: Collection[int], now: dt.datetime) -> Content:
    subjects = Notice.objects.filter(pk__in=notice_ids).values_list("subject_id", flat=True)
    failing = list(Channel.objects.filter(pk__in=list(subjects)).order_by("name"))
    items = [{"channel": channel, "url": public_url("channel-detail", channel.pk)} for channel in failing]
    return Content(
        event="channel.failing",
        context={"items": items, "url": public_url("channel-list")},
        data={"channels": [_failing_item(channel, item["url"]) for channel, item in zip(failing, items, strict=True)]},
    )


def _failing_item(channel: Channel, url: object) -> dict[str, Any]:
    return {
        "id": channel.pk,
        "name": channel.name,
        "kind": channel.kind,
        "enabled": channel.enabled,
        "failing_since": channel.failing_since.isoformat() if channel.failing_since else None,
        "last_error": channel.last_error,
        "url": url,
    }


def _renewal_failure(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    subjects = Notice.objects.filter(pk__in=notice_ids[:MOST_IN_EVENT]).values_list("subject_id", flat=True)
    rows = Renewal.objects.filter(pk__in=list(subjects)).select_related("certificate").order_by("name")
    failing = [(row, public_url("renewal-detail", row.pk)) for row in rows]
    shown = [{"renewal": row, "url": url} for row, url in failing[:MOST_IN_MAIL]]
    return Content(
        event="renewal.failing",
        context={
            "items": shown,
            "total": len(notice_ids),
            "left_out": len(notice_ids) - len(shown),
            "url": public_url("renewal-list"),
        },
        data={"total": len(notice_ids), "renewals": [_failing_renewal(row, url) for row, url in failing]},
    )


def _failing_renewal(renewal: Renewal, url: object) -> dict[str, Any]:
    not_after = renewal.certificate.not_after if renewal.certificate else None
    return {
        "id": renewal.pk,
        "name": renewal.name,
        "names": renewal.names,
        "certificate_id": renewal.certificate_id,
        "not_after": not_after.isoformat() if not_after else None,
        "failures": renewal.failures,
        "failing_since": renewal.failing_since.isoformat() if renewal.failing_since else None,
        "problem": renewal.last_problem,
        "url": url,
    }


def _list_trouble(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    notices = list(Notice.objects.filter(pk__in=notice_ids[:MOST_IN_EVENT]).order_by("expires_at", "pk"))
    troubled = troubled_lists(notices, now)
    return Content(
        event="revocation_list.failing",
        context={
            "items": troubled[:MOST_IN_MAIL],
            "total": len(notice_ids),
            "left_out": len(notice_ids) - len(troubled[:MOST_IN_MAIL]),
            "url": public_url("notice-list"),
        },
        data={"total": len(notice_ids), "revocation_lists": [trouble.data for trouble in troubled]},
    )


def _event_item(ending: Ending) -> dict[str, Any]:
    return {
        "id": ending.certificate_id,
        "name": ending.name,
        "kind": ending.kind,
        "version": ending.version,
        "ends": ending.subject_kind,
        "not_after": ending.ends_at.isoformat(),
        "state": "expired" if ending.is_expired else "expiring",
        "threshold_hours": ending.threshold_hours,
        "names": list(ending.names),
        "more_names": ending.more_names,
        "used_by": list(ending.used_by),
        "url": ending.url,
    }


_CONTENTS = {
    Delivery.Kind.EXPIRY: _expiry,
    Delivery.Kind.RENEWAL: _renewal_failure,
    Delivery.Kind.LIST: _list_trouble,
    Delivery.Kind.CHANNEL: _channel_failure,
    Delivery.Kind.TEST: _test,
}
