"""Webhooks: a JSON event, signed after the Standard Webhooks scheme (https://www.standardwebhooks.com)."""

import functools
import json

from django.utils import timezone
from standardwebhooks import Webhook

from alerts.models import Channel
from alerts.transports.contract import Message, Prepared
from alerts.transports.posting import SIGNATURE_HEADER, post, posted
from alerts.transports.signing import signing_secrets
from alerts.transports.targets import parse_webhook_url


def event(channel: Channel, message: Message) -> Prepared:
    """Return the event of a message, signed with every secret that is valid now."""
    said = {"subject": message.subject, "text": message.text} if message.is_own else {}
    body = json.dumps(
        {"type": message.event, "timestamp": message.created_at.isoformat(), **said, "data": message.data},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    url, headers = parse_webhook_url(channel.target), _headers(channel, message, body)
    return Prepared(posted(url, headers, body), functools.partial(post, url, headers, body.encode()))


def _headers(channel: Channel, message: Message, body: str) -> dict[str, str]:
    """Return the headers of an attempt: the id stays the same, the timestamp is of now."""
    now = timezone.now()
    # Separated by a space; a receiver takes the event if any of them is right.
    signatures = [Webhook(secret).sign(message.key, now, body) for secret in signing_secrets(channel, now)]
    return {
        "content-type": "application/json",
        "webhook-id": message.key,
        "webhook-timestamp": str(int(now.timestamp())),
        SIGNATURE_HEADER: " ".join(signatures),
    }
