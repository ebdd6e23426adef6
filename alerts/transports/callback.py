"""Form callbacks: an alert as the cloud's monitor posts it to a callback address, form-encoded.

The cloud documents five seconds for an answer and three tries in a row; what fails then is tried again later, as
every message is.
"""

import base64
import datetime as dt
import functools
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from alerts.models import Channel, Delivery
from alerts.transports.contract import Message, Prepared, Receipt, TransportError
from alerts.transports.posting import post, posted
from alerts.transports.signing import raw_secret, signing_secrets
from alerts.transports.targets import parse_webhook_url

TRIES = 3
PROJECT = "lbadmin"
HEADERS = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
SIGNATURES = ("signature", "previousSignature")
MOST_DIMENSIONS = 50
DAY_HOURS = 24
WEEK_HOURS = 7 * DAY_HOURS


def alarm(channel: Channel, message: Message) -> Prepared:
    """Return the alarm of a message, signed with every secret that is valid now."""
    url, fields = parse_webhook_url(channel.target), alarm_fields(message)
    secrets = signing_secrets(channel, timezone.now())
    proofs = {name: sign(secret, fields) for name, secret in zip(SIGNATURES, secrets, strict=False)}
    body = urlencode({**fields, **proofs}, quote_via=quote)
    shown = urlencode({**fields, **dict.fromkeys(proofs, "…")}, quote_via=quote, safe='…{}[]:," ')
    headers = {**HEADERS, "webhook-id": message.key}
    return Prepared(posted(url, headers, shown), functools.partial(_post, url, headers, body.encode()))


def sign(secret: str, fields: Mapping[str, str]) -> str:
    """Return the signature of an alarm: HMAC-SHA256 over its other fields, sorted by name and form-encoded."""
    text = urlencode(sorted(fields.items()), quote_via=quote)
    return base64.b64encode(hmac.digest(raw_secret(secret), text.encode(), hashlib.sha256)).decode()


def _post(url: str, headers: Mapping[str, str], body: bytes) -> Receipt:
    """Try up to three times; a refusal for good, or a wish to be left alone, ends it."""
    for _number in range(TRIES - 1):
        try:
            return post(url, headers, body)
        except TransportError as error:
            if error.permanent or error.retry_after_seconds:
                raise
    return post(url, headers, body)


def alarm_fields(message: Message) -> dict[str, str]:
    """Return the fields of an alarm, named after the cloud's, without its signature."""
    subjects = message.subjects
    first = subjects[0] if subjects else {}
    threshold = first.get("threshold_hours")
    return {
        "alertName": message.event,
        "alertState": _state(message.kind),
        "curValue": _days_left(first),
        "dimensions": json.dumps([_dimension(subject) for subject in subjects[:MOST_DIMENSIONS]], ensure_ascii=False),
        "expression": "" if threshold is None else f"$days_left<={threshold / DAY_HOURS:g}",
        "instanceName": str(first.get("name") or message.subject),
        "metricName": "days_left" if "not_after" in first else message.event,
        "metricProject": PROJECT,
        "namespace": PROJECT,
        "preTriggerLevel": "",
        "triggerLevel": _level(message.kind, first),
        "ruleId": message.event,
        "timestamp": str(int(message.created_at.timestamp() * 1000)),
        "userId": PROJECT,
        "messageId": message.key,  # ours: the same on every try
    }


def _dimension(subject: Mapping[str, Any]) -> dict[str, str]:
    return {"instanceId": str(subject.get("id", "")), "instanceName": str(subject.get("name", ""))}


def _state(kind: str) -> str:
    if kind == Delivery.Kind.TEST:
        return "INSUFFICIENT_DATA"  # a test must page nobody
    return "OK" if kind == Delivery.Kind.RESOLVED else "ALERT"


def _days_left(subject: Mapping[str, Any]) -> str:
    """Return the days to the end, to a tenth: a scan comes some minutes after a threshold, which is 7 and not 6."""
    ends_at = parse_datetime(str(subject.get("not_after") or ""))
    return "" if ends_at is None else f"{round((ends_at - timezone.now()) / dt.timedelta(days=1), 1) + 0.0:g}"


def _level(kind: str, subject: Mapping[str, Any]) -> str:
    """Return how urgent it is, in the cloud's words."""
    if kind in {Delivery.Kind.TEST, Delivery.Kind.RESOLVED}:
        return "INFO"
    threshold = subject.get("threshold_hours")
    if threshold is None:
        return "WARN"
    return "CRITICAL" if threshold <= DAY_HOURS else "WARN" if threshold <= WEEK_HOURS else "INFO"
