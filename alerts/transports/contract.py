"""What a transport is: a function that returns when the message was taken, or raises TransportError."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from alerts.models import Channel

LONGEST_ANSWER = 2000


@dataclass(frozen=True, slots=True)
class Message:
    """What to send, in every form that a transport may need; ``key`` is the same on every attempt."""

    key: str
    created_at: dt.datetime
    event: str  # the type of a webhook's event, such as "certificate.expiring"
    subject: str
    text: str
    html: str
    data: Mapping[str, Any]  # the content of a webhook's event
    settled_recipients: Mapping[str, str] = field(default_factory=dict)  # they got it, or never will


@dataclass(frozen=True, slots=True)
class Receipt:
    """The message was taken: what the other side said, and what became of each recipient of a mail."""

    answer: str
    recipients: Mapping[str, str] = field(default_factory=dict)


class TransportError(Exception):
    """The message was not taken, or not by everyone.

    ``permanent``: trying again cannot help. ``is_gone``: the receiver wants no more messages at all.
    ``retry_after_seconds``: how long the other side wants to be left alone. ``recipients``: those that are settled.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        answer: str = "",
        is_gone: bool = False,
        retry_after_seconds: float = 0,
        recipients: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.answer = answer
        self.is_gone = is_gone
        self.retry_after_seconds = retry_after_seconds
        self.recipients: Mapping[str, str] = recipients or {}


class Transport(Protocol):
    """Send one message over one channel."""

    def __call__(self, channel: Channel, message: Message) -> Receipt:
        """Return when the other side has taken the message; raise TransportError when not."""
