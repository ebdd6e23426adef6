"""What a transport is: a function that puts a message into the form of its channel, ready to be sent."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from alerts.models import Channel

LONGEST_ANSWER = 2000
LONGEST_REQUEST = 4000


@dataclass(frozen=True, slots=True)
class Message:
    """What to send, in every form that a transport may need; ``key`` is the same on every attempt."""

    key: str
    created_at: dt.datetime
    event: str  # the type of a webhook's event, such as "certificate.expiring"
    subject: str
    text: str
    html: str  # for mail alone; empty for any other channel
    data: Mapping[str, Any]  # the content of a webhook's event
    settled_recipients: Mapping[str, str] = field(default_factory=dict)  # they got it, or never will
    kind: str = ""  # of alerts.models.Delivery.Kind
    is_own: bool = False  # in the operators' own words, which events then carry, too

    @property
    def subjects(self) -> Sequence[Mapping[str, Any]]:
        """What it is about, whatever that is called in the event."""
        return next((value for value in self.data.values() if isinstance(value, list)), [])


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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message in the form of its channel: what the log keeps of it, without secrets, and how it is sent.

    ``send`` returns when the other side has taken the message and raises TransportError when not.
    """

    request: str
    send: Callable[[], Receipt]


class Transport(Protocol):
    """Put one message into the form of one channel."""

    def __call__(self, channel: Channel, message: Message) -> Prepared:
        """Return the message ready to be sent; raise DomainError when the channel's secrets cannot be opened."""
