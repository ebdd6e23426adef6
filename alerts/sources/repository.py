"""What is watched in the repository: the end of each certificate, of each private authority, of each chain's members.

Only current versions count, of server, CA and client certificates alike. A generation is the version's number, so that
rolling back to a version goes on with what was told of it; of a chain's later members it names their place, too.
Certificates are many: the database finds what is due by an inequality that an index answers, rule by rule.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat

from alerts.kinds import AUTHORITY, CERTIFICATE, CERTIFICATE_KINDS, CHAIN
from alerts.rules.deciding import Rule, rules_for
from alerts.rules.expiry import crossed_thresholds, thresholds_of_life
from alerts.rules.lifetimes import measures, tightest_crossed
from alerts.rules.scopes import decided_by
from authorities.models import Authority
from certificates.models import Certificate, ChainMember
from events.models import Notice
from events.notices import Crossing, open_notices

Rows = QuerySet[Any, Any]
COLUMNS = ("certificate", "named", "generation", "ends_at", "begins_at")


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of subject: its rows, the field of its end, and the way from a row to its certificate and version."""

    kind: str
    rows: Callable[[], Rows]
    path: str = ""
    version: str = "current_version"
    begin: str = "current_version__not_before"

    def annotated(self) -> Rows:
        """Return all rows with COLUMNS."""
        found: Rows = self.rows().annotate(
            certificate=F(_joined(self.path, "pk")),
            named=self._name(),
            generation=self._generation(),
            ends_at=F("not_after"),
            begins_at=F(self.begin),
        )
        return found

    def _name(self) -> Combinable:
        name = F(_joined(self.path, "name"))
        return Concat(name, Value(": "), F("subject"), output_field=TextField()) if self.path else name

    def _generation(self) -> Combinable:
        number = Cast(_joined(self.version, "number"), CharField(max_length=64))
        if not self.path:
            return number
        # What ends first is the chain's end; the others came later, and are told apart from it by their place.
        further = Concat(number, Value("."), Cast("place", CharField(max_length=64)))
        return Case(When(place=0, then=number), default=further, output_field=CharField())


def _joined(*parts: str) -> str:
    return "__".join(part for part in parts if part)


def _certificates() -> Rows:
    return Certificate.objects.filter(current_version__isnull=False, authority__isnull=True)


def _authorities() -> Rows:
    # They are few: the database is to begin with them and not with what ends soon.
    own = Authority.objects.order_by().values("certificate_id")
    return Certificate.objects.filter(current_version__isnull=False, pk__in=own)


def _members() -> Rows:
    return ChainMember.objects.filter(version=F("version__certificate__current_version"))


SUBJECTS = (
    Subject(CERTIFICATE, _certificates),
    Subject(AUTHORITY, _authorities),
    Subject(CHAIN, _members, path="version__certificate", version="version", begin="not_before"),
)


@dataclass(frozen=True, slots=True)
class Decision:
    """A kind of subject under one of the rules for it."""

    subject: Subject
    rule: Rule
    rules: Sequence[Rule]  # all for the kind, in their order

    def rows(self, *, until: dt.datetime | None = None, is_search: bool = False) -> Rows:
        """Return the rows on which the rule decides, and which end by ``until``."""
        found = self.subject.annotated()
        if until is not None:
            found = found.filter(not_after__lte=until)
        return found.filter(decided_by(self.rules, self.rule, self.subject.path, is_search=is_search))

    def has_near(self, now: dt.datetime) -> bool:
        """Whether anything of the kind ends so soon that a threshold may be crossed: a question that costs nothing."""
        return self.subject.rows().filter(not_after__lte=now + self._longest).exists()

    @property
    def _longest(self) -> dt.timedelta:
        return dt.timedelta(hours=max(self.rule.thresholds, default=0))

    def crossed(self, now: dt.datetime, *, is_search: bool = False) -> Rows:
        """Return the rows that have crossed a threshold of the rule, with the tightest as ``threshold``."""
        measured = self.rows(until=now + self._longest, is_search=is_search).annotate(**measures(now))
        found: Rows = measured.annotate(threshold=tightest_crossed(self.rule.thresholds, now))
        return found.filter(threshold__isnull=False)

    def crossing(self, row: tuple[Any, ...], now: dt.datetime) -> Crossing:
        """Return what the ledger is to know of one of the rows."""
        certificate_id, name, generation, ends_at, begins_at = row
        hours = thresholds_of_life(self.rule.thresholds, ends_at - begins_at)
        thresholds = crossed_thresholds(hours, ends_at, now)
        return Crossing(self.subject.kind, certificate_id, generation, name, ends_at, thresholds, self.rule.id)


def decisions(rules: Sequence[Rule], kinds: Sequence[str] = CERTIFICATE_KINDS) -> Iterator[Decision]:
    """Yield every rule that can decide on certificates, for each of the kinds of subject that they are."""
    for subject in SUBJECTS:
        if subject.kind in kinds:
            deciding = rules_for(subject.kind, rules)
            yield from (Decision(subject, rule, deciding) for rule in deciding)


def untold(decision: Decision, now: dt.datetime, limit: int) -> Iterator[list[Crossing]]:
    """Yield what has crossed a threshold and is not open in the ledger, soonest end first, ``limit`` at a time.

    Each batch is a query of its own that begins where the one before ended, so that the ledger may be written between
    them in transactions of their own.
    """
    if not decision.has_near(now):
        return
    rows = (
        decision.crossed(now, is_search=True).filter(~Exists(_known(decision.subject.kind))).order_by("not_after", "pk")
    )
    after = Q()
    while found := list(rows.filter(after).values_list("pk", *COLUMNS)[:limit]):
        yield [decision.crossing(columns, now) for _pk, *columns in found]
        last_pk, *_columns, last_end, _begin = found[-1]
        after = Q(not_after__gt=last_end) | Q(not_after=last_end, pk__gt=last_pk)


def _known(kind: str) -> "QuerySet[Notice]":
    """Return what the ledger has open of a row: its threshold or a tighter one."""
    return open_notices().filter(
        subject_kind=kind,
        subject_id=OuterRef("certificate"),
        generation=OuterRef("generation"),
        threshold_hours__lte=OuterRef("threshold"),
    )


def outdated_notices() -> "QuerySet[Notice]":
    """Return the open notices whose certificate has been replaced, rolled back or deleted since."""
    number = Cast("current_version__number", CharField(max_length=64))
    current = Certificate.objects.annotate(generation=number)
    is_gone = Q(subject_kind__in=(CERTIFICATE, AUTHORITY)) & ~Q(_at_generation(current, "pk"))
    member_is_gone = Q(subject_kind=CHAIN) & ~Q(_at_generation(SUBJECTS[-1].annotated(), "certificate"))
    return open_notices().filter(is_gone | member_is_gone)


def _at_generation(rows: Rows, certificate: str) -> Exists:
    return Exists(rows.filter(**{certificate: OuterRef("subject_id")}, generation=OuterRef("generation")).values("pk"))
