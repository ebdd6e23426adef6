"""What a calendar feed holds: the ends of a bounded time, each with the moments at which its rule tells of it."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from alerts.calendar.days import End, midnight
from alerts.expiry import thresholds_of_life
from alerts.kinds import OUTSIDE
from alerts.models import AlertStep, Contact, ContactGroup
from alerts.rules import Facts, Rule, deciding_rule, rules_for
from alerts.scopes import enabled_rules
from alerts.subjects import Rows, decisions
from watchlist.models import WatchedAddress

DAYS_BACK, DAYS_AHEAD = 30, 400


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An end, and how many hours before it people are told."""

    end: End
    generation: str
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


def scheduled_ends(window: Window, group: ContactGroup | None) -> Iterator[Scheduled]:
    """Yield what ends in the window, of certificates and of addresses outside; with a group, what it is told of."""
    rules = enabled_rules()
    audience = Audience(group) if group else None
    for decision in decisions(rules):
        rows = decision.rows(until=midnight(window.until)).filter(not_after__gte=midnight(window.first))
        rows = (
            audience.narrow(rows, decision.rule, f"{decision.subject.path}__owner".removeprefix("__"))
            if audience
            else rows
        )
        found = rows.order_by().values_list("certificate", "named", "generation", "ends_at", "begins_at")
        for subject_id, name, generation, ends_at, begins_at in found.iterator(chunk_size=2000):
            hours = _hours(decision.rule, ends_at - begins_at)
            yield Scheduled(End(ends_at, name, decision.subject.kind, subject_id), generation, hours)
    yield from _outside(window, rules, audience)


def _hours(rule: Rule, life: dt.timedelta) -> tuple[int, ...]:
    return () if rule.mutes else thresholds_of_life(rule.thresholds, life)


def _outside(window: Window, rules: Sequence[Rule], audience: "Audience | None") -> Iterator[Scheduled]:
    rule = deciding_rule(rules_for(OUTSIDE, rules), Facts(OUTSIDE))
    wanted = {"ends_at__gte": midnight(window.first), "ends_at__lt": midnight(window.until)}
    rows: QuerySet[WatchedAddress] = WatchedAddress.objects.filter(enabled=True, **wanted)
    if audience:
        rows = audience.narrow(rows, rule, "owner")
    for row in rows.order_by().only("name", "ends_at", "ends_sha256", "not_before").iterator(chunk_size=500):
        if row.ends_at and row.not_before:
            end = End(row.ends_at, row.name, OUTSIDE, row.pk)
            yield Scheduled(end, row.ends_sha256, _hours(rule, row.ends_at - row.not_before))


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
