"""Webhooks: a JSON event, signed after the Standard Webhooks scheme (https://www.standardwebhooks.com)."""

import asyncio
import json
import ssl
from collections.abc import Mapping

import httpx
from django.utils import timezone
from django.utils.translation import gettext as _
from standardwebhooks import Webhook

from alerts.models import Channel
from alerts.targets import parse_webhook_url
from alerts.transports.contract import LONGEST_ANSWER, Message, Receipt, TransportError
from certificates.keys import unseal
from console.errors import DomainError
from console.outbound import opened_client, run_to_end

# For everything together: name, connection, TLS, request, answer.
TOTAL_SECONDS = 5
LARGEST_ANSWER_BYTES = 16_384
GONE = 410
# What the same message will meet again tomorrow. A login that is refused or an overload is put right meanwhile.
PERMANENT_STATUSES = frozenset({400, 405, 406, GONE, 411, 413, 414, 415, 422, 431, 451, 501})


def post_event(channel: Channel, message: Message) -> Receipt:
    """Post the event; any answer of 200 to 299 within five seconds means that it was taken."""
    body = json.dumps(
        {"type": message.event, "timestamp": message.created_at.isoformat(), "data": message.data},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    try:
        url = parse_webhook_url(channel.target)
        status, headers, answer = run_to_end(_exchange(url, body.encode(), _headers(channel, message, body)))
    except DomainError as error:
        raise TransportError(str(error), permanent=False) from error
    except TimeoutError as error:
        reason = _("No complete answer within %(seconds)d seconds.") % {"seconds": TOTAL_SECONDS}
        raise TransportError(reason, permanent=False) from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError) as error:
        reason = _("No answer: %(error)s") % {"error": str(error) or type(error).__name__}
        raise TransportError(reason, permanent=False) from error
    return _judge(status, headers, answer)


def _headers(channel: Channel, message: Message, body: str) -> dict[str, str]:
    """Return the headers of an attempt: the id stays the same, the timestamp is of now."""
    secret = unseal(bytes(channel.sealed_secret or b"")).decode()
    now = timezone.now()
    return {
        "content-type": "application/json",
        "user-agent": "lbadmin",
        "accept-encoding": "identity",  # an answer that cannot grow while it is read
        "webhook-id": message.key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message.key, now, body),
    }


async def _exchange(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], str]:
    """Send one request and read as much of the answer as the log keeps; follow no redirect."""
    async with (
        asyncio.timeout(TOTAL_SECONDS),
        opened_client() as client,
        client.stream("POST", url, content=body, headers=dict(headers)) as response,
    ):
        answer = b""
        async for chunk in response.aiter_raw():
            answer += chunk
            if len(answer) >= LARGEST_ANSWER_BYTES:
                break
        return response.status_code, response.headers, _text(answer[:LARGEST_ANSWER_BYTES])


def _text(answer: bytes) -> str:
    """Return the answer as the log keeps it: PostgreSQL takes no NUL in a text."""
    return answer.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _judge(status: int, headers: Mapping[str, str], text: str) -> Receipt:
    """Return a receipt for success, or raise what the status means."""
    answer = f"HTTP {status} {text}".strip()[:LONGEST_ANSWER]
    if httpx.codes.is_success(status):
        return Receipt(answer)
    if httpx.codes.is_redirect(status):
        reason = _("The receiver answered with a redirect (%(status)d); redirects are not followed.")
        raise TransportError(reason % {"status": status}, permanent=True, answer=answer)
    reason = _("The receiver answered %(status)d.") % {"status": status}
    raise TransportError(
        reason,
        permanent=status in PERMANENT_STATUSES,
        answer=answer,
        is_gone=status == GONE,
        retry_after_seconds=_retry_after(headers),
    )


def _retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds of a Retry-After header; its other form, a date, is rare and left to the back-off."""
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < len("1000000") else 0
