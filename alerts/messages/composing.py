"""Put a message together from a delivery: subject, text, HTML and the data of a webhook's event."""

from collections.abc import Sequence

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from alerts.messages.answering import answer_url
from alerts.messages.contents import CONTENTS
from alerts.messages.endings import public_url
from alerts.models import Channel, Delivery
from alerts.transports.contract import Message


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
        return Message(
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
