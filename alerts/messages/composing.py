"""Put a message together from a delivery: subject, text, HTML and the data of a webhook's event."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from alerts.kinds import kinds_told_by
from alerts.messages.answering import answer_url
from alerts.messages.contents import CONTENTS
from alerts.messages.endings import public_url
from alerts.messages.wording import in_own_words
from alerts.models import Channel, Delivery
from alerts.transports.contract import Message
from events.models import Notice

MOST_PREVIEWED = 3


def compose(delivery: Delivery, notice_ids: Sequence[int]) -> Message:
    """Return the message of a delivery, about ``notice_ids``, in the language of its channel."""
    with translation.override(delivery.channel.language or settings.LANGUAGE_CODE):
        content = CONTENTS[delivery.kind](delivery, notice_ids, timezone.now())
        context = {
            "channel": delivery.channel,
            "delivery_url": public_url("delivery-detail", delivery.key),
            "answer_url": answer_url(delivery),
            **content.context,
        }
        folder, is_mail = f"alerts/{delivery.kind}", delivery.channel.kind == Channel.Kind.EMAIL
        # Rendered as it is for the header, and escaped where the HTML repeats it.
        context["subject"] = render_to_string(f"{folder}/subject.txt", context).strip()
        message = Message(
            key=str(delivery.key),
            created_at=delivery.created_at,
            event=content.event,
            subject=context["subject"],
            text=render_to_string(f"{folder}/body.txt", context).strip() + "\n",
            html=render_to_string(f"{folder}/body.html", context) if is_mail else "",
            data=content.data,
            settled_recipients=delivery.settled_recipients,
            kind=delivery.kind,
        )
        return in_own_words(message, delivery.channel, {**context, "kind": delivery.get_kind_display()})


def compose_preview(channel: Channel, now: dt.datetime) -> Message:
    """Return a message as a channel would send it, which need not be stored: of what ends soonest, or only a test."""
    newest = Notice.objects.filter(is_open=True, subject_kind__in=kinds_told_by(Delivery.Kind.EXPIRY))
    notice_ids = list(newest.order_by("expires_at", "pk").values_list("pk", flat=True)[:MOST_PREVIEWED])
    kind = Delivery.Kind.EXPIRY if notice_ids else Delivery.Kind.TEST
    return compose(Delivery(channel=channel, kind=kind, created_at=now), notice_ids)
