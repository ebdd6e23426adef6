"""Time travel: each message that would go out in a span of time, if nothing were replaced, mended or acknowledged.

The rules, thresholds, steps, quiet hours and digests are asked by the functions that the scan and the handing out ask.
What fails is foreseen only as long as it fails now.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from alerts.forecast.foretelling import Scans, Telling, places_of
from alerts.forecast.prospects import MOST_SUBJECTS, Outlook, of_notice, prospects
from alerts.kinds import KINDS
from alerts.ledger.silence import without_silenced
from alerts.models import Acknowledgement, Channel, Delivery, Scan
from alerts.people.audiences import load_audiences
from alerts.scanning import scan_period
from console.errors import InvalidInputError
from events.models import Notice

State = Delivery.State
NAMED = 10
LONGEST_SPAN = dt.timedelta(days=3660)


@dataclass(slots=True)
class Message:
    """A message that would go out, and what it would tell, soonest end first."""

    at: dt.datetime
    channel_id: str
    group_id: str
    kind: str
    channel_name: str = ""
    group_name: str = ""
    tellings: list[Telling] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many notices it would tell."""
        return len(self.tellings)

    @property
    def kind_label(self) -> str:
        """What the message is about."""
        return str(Delivery.Kind(self.kind).label)

    @property
    def first(self) -> list[Telling]:
        """What a page names of it."""
        return self.tellings[:NAMED]

    @property
    def left_out(self) -> int:
        """How many notices a page does not name."""
        return max(0, self.total - NAMED)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The messages of a span, in their order."""

    begins_at: dt.datetime
    ends_at: dt.datetime
    messages: list[Message]
    is_complete: bool


def forecast(begins_at: dt.datetime, ends_at: dt.datetime, now: dt.datetime) -> Forecast:
    """Return the messages that would go out from ``begins_at`` (at least ``now``) until before ``ends_at``."""
    scans = _scans(now)
    tellings = list(islice(prospects(Outlook(now, ends_at, scans)), MOST_SUBJECTS + 1))
    messages = _messages(tellings[:MOST_SUBJECTS], scans, now)
    wanted = [message for message in messages if max(begins_at, now) <= message.at < ends_at]
    names = dict(Channel.objects.values_list("pk", "name"))
    for message in wanted:
        message.channel_name = names.get(message.channel_id, "")
        message.tellings.sort(key=lambda telling: (telling.ends_at, telling.name))
    wanted.sort(key=lambda message: (message.at, message.group_name, message.channel_name, message.kind))
    return Forecast(begins_at, ends_at, wanted, len(tellings) <= MOST_SUBJECTS)


def checked_span(begins_at: dt.datetime, ends_at: dt.datetime, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Return a span that can be foretold; raise InvalidInputError for one that is over, turned round or far away."""
    if ends_at <= max(begins_at, now):
        message = _("The span ends before it begins, or is over.")
        raise InvalidInputError(message, "forecast.invalid-span", field="ends_at", way_out=_("Choose a later end."))
    if ends_at - now > LONGEST_SPAN:
        message = _("The span ends more than ten years from now.")
        raise InvalidInputError(message, "forecast.invalid-span", field="ends_at", way_out=_("Choose a sooner end."))
    return begins_at, ends_at


def _scans(now: dt.datetime) -> Scans:
    """Return the grid of coming scans: one period after the other, from the last one on."""
    period = scan_period()
    last = Scan.objects.filter(started_at__lte=now).values_list("started_at", flat=True).first() or now

    def first_from(moment: dt.datetime) -> dt.datetime:
        return last + -(-(max(moment, now) - last) // period) * period

    return first_from


def _messages(tellings: Iterable[Telling], scans: Scans, now: dt.datetime) -> list[Message]:
    audiences = load_audiences()
    made = {(each.subject_kind, each.subject_id, each.generation): each for each in Acknowledgement.objects.all()}
    found: dict[tuple[object, ...], Message] = {}
    for telling in tellings:
        kind = KINDS[telling.subject_kind].delivery_kind
        for place in places_of(telling, audiences, made.get(telling.key), scans, now):
            key = (place.departs_at, place.channel_id, place.audience.group_id, kind)
            message = Message(*key, group_name=place.audience.name)
            found.setdefault(key, message).tellings.append(telling)
    for message in _waiting(now):
        known = found.setdefault((message.at, message.channel_id, message.group_id, message.kind), message)
        if known is not message:
            known.tellings.extend(message.tellings)
    return list(found.values())


def _waiting(now: dt.datetime) -> Iterator[Message]:
    """Yield what is written already and waits for its time, with what is still open of it."""
    rows = Delivery.objects.filter(state__in=(State.PENDING, State.SENDING), channel__enabled=True)
    for delivery in rows.exclude(kind=Delivery.Kind.TEST).select_related("group"):
        at = max(delivery.next_attempt_at, now)
        tellings = [of_notice(notice, "") for notice in _true_at(delivery, at)[:MOST_SUBJECTS]]
        if tellings:
            group = delivery.group
            place = (at, delivery.channel_id, group.pk if group else "", delivery.kind)
            yield Message(*place, group_name=group.name if group else "", tellings=tellings)


def _true_at(delivery: Delivery, at: dt.datetime) -> "QuerySet[Notice]":
    """Return what the sender would find worth telling of a message, as ``alerts.sending.relevance`` has it."""
    is_resolution = delivery.kind == Delivery.Kind.RESOLVED
    items = delivery.items.filter(is_void=False).values("notice")
    notices = Notice.objects.filter(pk__in=items, is_open=not is_resolution)
    return notices if is_resolution or delivery.sent_at else without_silenced(notices, at)
