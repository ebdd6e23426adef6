"""What becomes of a notice that is, or will be, in the ledger: which messages tell it, when and over which channels.

Pure: ``people.audiences`` and ``ledger.silence`` say here of each notice what they say in SQL when it is handed out.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from alerts.kinds import CHANNEL, KINDS
from alerts.ledger.silence import is_silenced
from alerts.models import Acknowledgement
from alerts.people.audiences import Audiences, Place
from alerts.rules.thresholds import words

# Gives the moment of the first scan at or after another moment.
Scans = Callable[[dt.datetime], dt.datetime]
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Telling:
    """A notice from when it is found (``opens_at``) until a tighter one takes its place (``closes_at``)."""

    subject_kind: str
    subject_id: str
    generation: str
    name: str
    rule_id: str
    owner: str
    threshold_hours: int
    ends_at: dt.datetime
    opens_at: dt.datetime
    closes_at: dt.datetime | None = None
    told_at: dt.datetime | None = None
    given: frozenset[str] = frozenset()  # the channels that it was handed to

    @property
    def key(self) -> Key:
        """Its subject and generation."""
        return self.subject_kind, self.subject_id, self.generation

    @property
    def threshold(self) -> str:
        """The threshold in words; what is told when it is found has none."""
        return words(self.threshold_hours) if self.threshold_hours or KINDS[self.subject_kind].has_thresholds else ""


def places_of(
    telling: Telling,
    audiences: Audiences,
    made: Acknowledgement | None,
    scans: Scans,
    now: dt.datetime,
) -> Iterator[Place]:
    """Yield where a notice goes, each channel once: at first, and then step by step while nobody takes it on."""
    telling, made = _after_snooze(telling, made, scans)
    handed_at = max(telling.opens_at, scans(now))
    if is_silenced(telling.threshold_hours, telling.opens_at, made, handed_at):
        return
    given, told_at = set(telling.given), telling.told_at
    found = list(_new(telling, _asked(telling, audiences, None, handed_at), given))
    yield from found
    told_at = told_at or min((place.departs_at for place in found), default=None)
    if told_at is None:
        return
    for after in _later_steps(audiences, telling.rule_id):
        at = max(scans(told_at + after), handed_at)
        yield from _new(telling, _asked(telling, audiences, at - told_at, at), given)


def _after_snooze(
    telling: Telling, made: Acknowledgement | None, scans: Scans
) -> tuple[Telling, Acknowledgement | None]:
    """Return the notice as it is told from the beginning once a snooze that covers it is over."""
    if made is None or made.until is None:
        return telling, made
    woken = scans(made.until)
    if woken <= telling.opens_at:
        return telling, None
    fields = {name: getattr(telling, name) for name in Telling.__slots__}
    return Telling(**{**fields, "opens_at": woken, "told_at": None, "given": frozenset()}), None


def _later_steps(audiences: Audiences, rule_id: str) -> list[dt.timedelta]:
    return sorted({step.after for step in audiences.steps_of(rule_id) if step.after})


def _asked(telling: Telling, audiences: Audiences, told_for: dt.timedelta | None, at: dt.datetime) -> list[Place]:
    failing = telling.subject_id if telling.subject_kind == CHANNEL else ""
    return audiences.places(telling.rule_id, telling.owner, told_for, at, but=failing)


def _new(telling: Telling, places: Iterable[Place], given: set[str]) -> Iterator[Place]:
    """Yield the places that have not had it, and that it reaches before a tighter one has taken its place."""
    for place in places:
        if place.channel_id not in given and (telling.closes_at is None or place.departs_at < telling.closes_at):
            given.add(place.channel_id)
            yield place
