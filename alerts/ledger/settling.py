"""Keep the ledger as the sources and the rules have it: what is over, what no rule asks for, and which rule decides."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from django.db.models import Exists, OuterRef, Q, QuerySet

from alerts.kinds import CERTIFICATE_KINDS
from alerts.rules.deciding import Rule
from alerts.rules.scopes import enabled_rules
from alerts.sources.candidates import Candidate, crossing_of, decided
from alerts.sources.repository import Decision, Rows, decisions, outdated_notices
from alerts.sources.table import SOURCES, Source
from events.models import Notice
from events.notices import Crossing, open_notices, resolve, withdraw, write_crossings, writing_ledger

# So many notices are changed in one transaction.
BATCH = 5000
Notices = QuerySet[Notice]
Key = tuple[str, str, str]


def settle(notices: Notices, now: dt.datetime) -> None:
    """Close what of some notices is over or muted; the ledger is written only where something is."""
    rules = enabled_rules()
    listed = notices.filter(is_open=True).order_by()
    found = set(listed.values_list("subject_kind", flat=True).distinct())
    over = list(listed.filter(pk__in=outdated_notices().values("pk")).values_list("pk", flat=True))
    silent = [pk for kind in found.intersection(CERTIFICATE_KINDS) for pk in _silent(listed, kind, rules, now)]
    for source in SOURCES:
        if found.intersection(source.kinds):
            assessed = assess(source, rules, now, listed)
            over += assessed.over
            silent += assessed.silent
    if over or silent:
        with writing_ledger():
            resolve(Notice.objects.filter(pk__in=over))
            withdraw(Notice.objects.filter(pk__in=silent))


def settle_certificates(rules: Sequence[Rule], now: dt.datetime) -> None:
    """Close what is over or muted of certificates, and name the rules that decide on the others.

    The search is outside any transaction, so that nobody waits for it who writes something else.
    """
    of_certificates = open_notices().filter(subject_kind__in=CERTIFICATE_KINDS).order_by()
    _change(outdated_notices(), resolve)
    for kind in of_certificates.values_list("subject_kind", flat=True).distinct():
        notices = open_notices().filter(subject_kind=kind)
        _change(notices.filter(_unasked(kind, rules, now)), withdraw)
        deciding = list(decisions(rules, (kind,)))
        for decision in deciding:
            named = partial(_name, rule_id=decision.rule.id)
            _change(_of_other_rules(notices, decision, is_only=len(deciding) == 1), named)


def _change(notices: Notices, change: Callable[[Notices], int]) -> None:
    """Change notices that are none of ``notices`` afterwards, some at a time."""
    while found := list(notices.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with writing_ledger():
            change(Notice.objects.filter(pk__in=found))


def _name(notices: Notices, *, rule_id: str) -> int:
    return notices.update(rule_id=rule_id)


def _silent(notices: Notices, kind: str, rules: Sequence[Rule], now: dt.datetime) -> list[int]:
    found = notices.filter(_unasked(kind, rules, now), subject_kind=kind)
    return list(found.values_list("pk", flat=True))


def _unasked(kind: str, rules: Sequence[Rule], now: dt.datetime) -> Q:
    """Return the condition for notices of which no rule has anything told."""
    asked = Q(pk__in=())
    for decision in decisions(rules, (kind,)):
        if not decision.rule.mutes:
            asked |= Q(_of_notice(decision.crossed(now)))
    return ~asked


def _of_notice(rows: Rows) -> Exists:
    return Exists(rows.filter(certificate=OuterRef("subject_id"), generation=OuterRef("generation")).values("pk"))


def _of_other_rules(notices: Notices, decision: Decision, *, is_only: bool) -> Notices:
    others = notices.exclude(rule_id=decision.rule.id)
    return others if is_only else others.filter(_of_notice(decision.rows()))


@dataclass(frozen=True, slots=True)
class Assessment:
    """How a source differs from the ledger: notices that are over, or that no rule asks for; rules that changed."""

    over: list[int]
    silent: list[int]
    rules: dict[int, str]  # by notice: the rule that decides on it now
    crossings: list[Crossing]  # what is not in the ledger yet


def assess(source: Source, rules: Sequence[Rule], now: dt.datetime, notices: Notices) -> Assessment:
    """Compare what a source reports with the open notices of its kinds."""
    known = list(notices.filter(subject_kind__in=source.kinds).order_by("pk"))
    present = list(decided(source.candidates(now), rules))
    reported = {candidate.key for candidate, _rule in present}
    told = _told(present, now)
    current = [notice for notice in known if _key(notice) in told]
    return Assessment(
        over=[notice.pk for notice in known if _key(notice) not in reported],
        silent=[notice.pk for notice in known if _key(notice) in reported and _key(notice) not in told],
        rules={each.pk: told[_key(each)].rule_id for each in current if told[_key(each)].rule_id != each.rule_id},
        crossings=_untold(told, known),
    )


def settle_source(source: Source, rules: Sequence[Rule], now: dt.datetime) -> int:
    """Have the ledger say what a source reports; return how many subjects crossed a threshold."""
    assessed = assess(source, rules, now, open_notices())
    if assessed != Assessment([], [], {}, []):
        with writing_ledger():
            resolve(Notice.objects.filter(pk__in=assessed.over))
            withdraw(Notice.objects.filter(pk__in=assessed.silent))
            for pk, rule_id in assessed.rules.items():
                Notice.objects.filter(pk=pk).update(rule_id=rule_id)
            write_crossings(assessed.crossings, now)
    return len(assessed.crossings)


def _told(present: Iterable[tuple[Candidate, Rule]], now: dt.datetime) -> dict[Key, Crossing]:
    crossings = ((candidate.key, crossing_of(candidate, rule, now)) for candidate, rule in present)
    return {key: crossing for key, crossing in crossings if crossing}


def _untold(told: dict[Key, Crossing], known: Iterable[Notice]) -> list[Crossing]:
    tightest: dict[Key, int] = {}
    for notice in known:
        tightest[_key(notice)] = min(notice.threshold_hours, tightest.get(_key(notice), notice.threshold_hours))
    return [each for key, each in told.items() if key not in tightest or each.thresholds_hours[0] < tightest[key]]


def _key(notice: Notice) -> Key:
    return notice.subject_kind, notice.subject_id, notice.generation
