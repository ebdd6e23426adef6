"""What a calendar feed holds: the ends of a bounded time, each with the moments at which its rule tells of it."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q
from django.db.models.functions import Lower

from alerts.calendar.days import End, counts_by_day, day_of, midnight
from alerts.kinds import OUTSIDE
from alerts.models import AlertStep, Contact, ContactGroup
from alerts.rules.deciding import Rule, rules_for
from alerts.rules.expiry import THRESHOLDS_HOURS, thresholds_of_life
from alerts.rules.scopes import addresses_decided_by, enabled_rules
from alerts.sources.repository import COLUMNS, Rows, decisions
from watchlist.models import WatchedAddress

DAYS_BACK, DAYS_AHEAD = 30, 400


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An end, and how many hours before it people are told."""

    end: End
    generation: str
    hours: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BusyDay:
    """A day on which more end than a calendar names, and how many hours before the default rule has them told."""

    day: dt.date
    count: int
    hours: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """The days of a feed."""

    first: dt.date
    until: dt.date

    @classmethod
    def around(cls, today: dt.date) -> "Window":
        """Return the usual window: the last month, and a good year ahead, which is as long as certificates live."""
        return cls(today - dt.timedelta(days=DAYS_BACK), today + dt.timedelta(days=DAYS_AHEAD))


def scheduled_ends(window: Window, group: ContactGroup | None, most_a_day: int) -> list[Scheduled | BusyDay]:
    """Return what ends in the window, of certificates and of addresses outside; with a group, what it is told of.

    Where more than ``most_a_day`` end on a day, they are counted and not read.
    """
    rules = enabled_rules()
    parts = list(_parts(window, rules, Audience(group) if group else None))
    # Without a group one index answers, whatever the rules are.
    totals = (
        sum((part.counts() for part in parts), Counter[dt.date]())
        if group
        else counts_by_day(window.first, window.until)
    )
    quiet = [day for day, count in totals.items() if count <= most_a_day]
    usual = THRESHOLDS_HOURS if not rules else () if rules[-1].mutes else rules[-1].thresholds
    busy = [BusyDay(day, count, usual) for day, count in totals.items() if count > most_a_day]
    return [*busy, *(each for part in parts if quiet for each in part.ends(quiet))]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one rule decides on of one kind of subject, as rows with the columns of ``alerts.sources.repository``."""

    kind: str
    rule: Rule
    rows: Rows

    def counts(self) -> Counter[dt.date]:
        """Count the rows by day."""
        days = self.rows.order_by().values_list("day").annotate(count=Count("pk"))
        return Counter({dt.date.fromisoformat(text): count for text, count in days})

    def ends(self, days: Sequence[dt.date]) -> Iterator[Scheduled]:
        """Yield the ends of some days."""
        found = self.rows.filter(day__in=[day.isoformat() for day in days]).order_by()
        for subject_id, name, generation, ends_at, begins_at in found.values_list(*COLUMNS):
            life = ends_at - (begins_at or ends_at)
            hours = () if self.rule.mutes else thresholds_of_life(self.rule.thresholds, life)
            yield Scheduled(End(ends_at, name, self.kind, subject_id), generation, hours)


def _parts(window: Window, rules: Sequence[Rule], audience: "Audience | None") -> Iterator[_Part]:
    first, until = midnight(window.first), midnight(window.until)
    for decision in decisions(rules):
        rows = decision.rows(until=until).filter(not_after__gte=first).annotate(day=day_of("not_after"))
        owner = f"{decision.subject.path}__owner".removeprefix("__")
        yield _part(decision.subject.kind, decision.rule, rows, audience, owner)
    addresses = WatchedAddress.objects.filter(enabled=True, ends_at__gte=first, ends_at__lt=until).annotate(
        certificate=F("pk"),
        named=F("name"),
        generation=F("ends_sha256"),
        begins_at=F("not_before"),
        day=day_of("ends_at"),
    )
    deciding = rules_for(OUTSIDE, rules)
    for rule in deciding:
        yield _part(OUTSIDE, rule, addresses.filter(addresses_decided_by(deciding, rule)), audience, "owner")


def _part(kind: str, rule: Rule, rows: Rows, audience: "Audience | None", owner: str) -> _Part:
    return _Part(kind, rule, audience.narrow(rows, rule, owner) if audience else rows)


class Audience:
    """A group, and which rules tell it."""

    def __init__(self, group: ContactGroup) -> None:
        self._group = group
        steps = list(AlertStep.objects.values_list("rule_id", "group_id", "to_owner"))
        self._with_steps = {rule_id for rule_id, _group, _owner in steps}
        self._told_by = {rule_id for rule_id, group_id, _owner in steps if group_id == group.pk}
        self._owners_by = {rule_id for rule_id, _group, to_owner in steps if to_owner}

    def narrow(self, rows: Rows, rule: Rule, owner: str) -> Rows:
        """Keep the rows of which the group is told when ``rule`` decides; ``owner`` leads to their owners."""
        if rule.mutes:
            return rows.none()
        if rule.id in self._told_by or (self._group.is_default and rule.id not in self._with_steps):
            return rows
        if rule.id not in self._owners_by:
            return rows.none()
        found: Rows = rows.alias(folded=Lower(owner)).filter(self._owned(owner))
        return found

    def _owned(self, owner: str) -> Q:
        """Return the condition for what the group is told of as its owner, or because nobody knows the owner."""
        # A database may know lower case of ASCII alone.
        named = Q(folded=self._group.name.lower()) | Q(**{owner: self._group.name})
        if not self._group.is_default:
            return named
        names = [*Contact.objects.values_list("name", flat=True), *ContactGroup.objects.values_list("name", flat=True)]
        return named | ~(Q(folded__in=[name.lower() for name in names]) | Q(**{f"{owner}__in": names}))
