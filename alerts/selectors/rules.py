"""Read alert rules, and what each of them holds and would tell next."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from alerts.kinds import CERTIFICATE_KINDS, KINDS
from alerts.models import AlertRule
from alerts.rules.deciding import Rule, Scope
from alerts.rules.expiry import HOUR, thresholds_of_life
from alerts.rules.scopes import enabled_rules
from alerts.rules.thresholds import words
from alerts.sources.repository import COLUMNS, Decision, decisions
from console.errors import NotFoundError
from console.ids import is_id


def alert_rules() -> "QuerySet[AlertRule]":
    """Return all rules in the order in which they are asked, with their steps and groups."""
    return AlertRule.objects.order_by("is_default", "position", "id").prefetch_related("steps__group")


def rule_by_id(rule_id: str) -> AlertRule:
    """Return a rule; raise NotFoundError when there is none."""
    found = alert_rules().filter(pk=rule_id).first() if is_id(rule_id) else None
    if found is None:
        message = _("There is no alert rule “%(id)s”.") % {"id": rule_id[:64]}
        raise NotFoundError(message, "alert-rule.unknown", way_out=_("See the list of alert rules."))
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """A subject that a rule decides on: its end, and when it is told of next and at which threshold (None: never)."""

    subject_kind: str
    certificate_id: str
    name: str
    ends_at: dt.datetime
    next_at: dt.datetime | None
    next_hours: int | None

    @property
    def noun(self) -> str:
        """What people call the kind of the subject."""
        return str(KINDS[self.subject_kind].noun)

    @property
    def threshold(self) -> str:
        """The next threshold in words."""
        return "" if self.next_hours is None else words(self.next_hours)


@dataclass(frozen=True, slots=True)
class Preview:
    """How much a rule decides on now, and what of that it tells of first."""

    total: int
    shown: list[Held]


def preview(rule_id: str, now: dt.datetime, most: int) -> Preview:
    """Return what an enabled rule decides on among certificates, authorities and chains, soonest end first."""
    rules = enabled_rules()
    deciding = [decision for decision in decisions(rules) if decision.rule.id == rule_id]
    total = sum(decision.rows().count() for decision in deciding)
    found = chain.from_iterable(_soonest(decision, now, most) for decision in deciding)
    return Preview(total, sorted(found, key=lambda held: (held.ends_at, held.name))[:most])


def _soonest(decision: Decision, now: dt.datetime, most: int) -> Iterator[Held]:
    rows = decision.rows().filter(not_after__gt=now).order_by("not_after", "pk")
    for certificate_id, name, _generation, ends_at, begins_at in rows.values_list(*COLUMNS)[:most]:
        hours = _next_threshold(decision.rule, ends_at, begins_at, now)
        next_at = None if hours is None else ends_at - hours * HOUR
        yield Held(decision.subject.kind, certificate_id, name, ends_at, next_at, hours)


def _next_threshold(rule: Rule, ends_at: dt.datetime, begins_at: dt.datetime, now: dt.datetime) -> int | None:
    hours = () if rule.mutes else thresholds_of_life(rule.thresholds, ends_at - begins_at)
    return max((each for each in hours if ends_at - each * HOUR > now), default=None)


def is_of_certificates(scope: Scope) -> bool:
    """Whether a rule can decide on anything that ``preview`` shows."""
    return not scope.subject_kinds or bool(scope.subject_kinds.intersection(CERTIFICATE_KINDS))
