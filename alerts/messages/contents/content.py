"""What the content of a message is, and how much of it there may be."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from alerts.models import Delivery
from events.models import Notice

# A digest lists so many; the page that it links to has them all.
MOST_IN_MAIL = 50
MOST_IN_EVENT = 500


@dataclass(frozen=True, slots=True)
class Content:
    """The type of a message's event, what its templates are given, and the event's data."""

    event: str
    context: Mapping[str, Any]
    data: Mapping[str, Any] = field(default_factory=dict)


class Writer(Protocol):
    """Turn notices into the content of one kind of message."""

    def __call__(self, delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
        """Return what a delivery says of these notices, soonest end first, in the language that is active."""
        ...


class Trouble(Protocol):
    """One thing that is wrong: ``data`` is how an event has it."""

    @property
    def data(self) -> dict[str, Any]:
        """The thing as events have it."""
        ...


def of_troubles(event: str, name: str, troubles: Sequence[Trouble], total: int, url: str) -> Content:
    """Return the content of a message about troubles, which its event calls ``name``; ``url`` has all ``total``."""
    shown = troubles[:MOST_IN_MAIL]
    return Content(
        event=event,
        context={"items": shown, "total": total, "left_out": total - len(shown), "url": url},
        data={"total": total, name: [trouble.data for trouble in troubles]},
    )


def listed(notice_ids: Sequence[int]) -> list[Notice]:
    """Return the notices that an event names, soonest end first."""
    return list(Notice.objects.filter(pk__in=notice_ids[:MOST_IN_EVENT]).order_by("expires_at", "pk"))
