"""What the ledger will hold: every notice from now until a moment, if nothing is replaced, mended or acknowledged.

Found by the functions that the scan asks. What fails is foreseen only as long as it fails now.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from alerts.forecast.foretelling import Key, Scans, Telling
from alerts.kinds import KINDS
from alerts.models import Delivery, DeliveryNotice
from alerts.people.owners import with_owner
from alerts.rules.deciding import Rule
from alerts.rules.expiry import HOUR, thresholds_of_life
from alerts.rules.scopes import enabled_rules
from alerts.sources.candidates import Candidate, crossing_of, decided
from alerts.sources.repository import COLUMNS, Decision, decisions, untold
from alerts.sources.table import SOURCES
from certificates.models import Certificate
from events.models import Notice
from events.notices import Crossing, open_notices

# So many subjects are looked at, of each rule.
MOST_SUBJECTS = 20_000


@dataclass(frozen=True, slots=True)
class Outlook:
    """From now until a moment, with the scans between the two."""

    now: dt.datetime
    until: dt.datetime
    scans: Scans

    @property
    def next_scan(self) -> dt.datetime:
        """When what is due now is found."""
        return self.scans(self.now)


def prospects(outlook: Outlook) -> Iterator[Telling]:
    """Yield what the ledger will hold, each notice with when a tighter one follows it."""
    opened = dict(_open(outlook.now))
    rules = enabled_rules()
    for subject in chain(_certificates(rules, outlook), _others(rules, outlook)):
        first = opened.pop(subject[0].key, None)
        tighter = [each for each in subject if first is None or each.threshold_hours < first.threshold_hours]
        in_order = sorted(tighter, key=lambda telling: -telling.threshold_hours)
        yield from _closed_in_turn([first, *in_order] if first else in_order)
    yield from opened.values()


def _closed_in_turn(tellings: Sequence[Telling]) -> Iterator[Telling]:
    """Yield those that are open for a while: several thresholds found by one scan make one notice, the tightest."""
    for telling, following in zip(tellings, (*tellings[1:], None), strict=True):
        if following is None:
            yield telling
        elif following.opens_at > telling.opens_at:
            yield replace(telling, closes_at=following.opens_at)


def _open(now: dt.datetime) -> Iterator[tuple[Key, Telling]]:
    notices = with_owner(open_notices())[:MOST_SUBJECTS]
    given: defaultdict[int, set[str]] = defaultdict(set)
    leaving: dict[int, dt.datetime] = {}
    items = DeliveryNotice.objects.filter(notice__is_open=True, is_resolution=False, is_void=False).order_by()
    columns = ("notice_id", "channel_id", "delivery__state", "delivery__next_attempt_at")
    for notice_id, channel_id, state, departs_at in items.values_list(*columns):
        given[notice_id].add(channel_id)
        if state in {Delivery.State.PENDING, Delivery.State.SENDING}:
            leaving[notice_id] = min(leaving.get(notice_id, departs_at), departs_at)
    for notice in notices:
        telling = of_notice(notice, getattr(notice, "owner", ""))
        told_at = notice.told_at or (max(leaving[notice.pk], now) if notice.pk in leaving else None)
        yield telling.key, replace(telling, given=frozenset(given[notice.pk]), told_at=told_at)


def of_notice(notice: Notice, owner: str) -> Telling:
    """Return a notice that is in the ledger."""
    return Telling(
        notice.subject_kind,
        notice.subject_id,
        notice.generation,
        notice.subject_name,
        notice.rule_id,
        owner,
        notice.threshold_hours,
        notice.expires_at,
        opens_at=notice.created_at,
        told_at=notice.told_at,
    )


def _certificates(rules: Sequence[Rule], outlook: Outlook) -> Iterator[list[Telling]]:
    for decision in decisions(rules):
        if decision.rule.mutes:
            continue
        due = list(chain.from_iterable(untold(decision, outlook.now, MOST_SUBJECTS)))
        owners = _owners([crossing.subject_id for crossing in due])
        first = {_key(each): _of_crossing(each, owners.get(each.subject_id, ""), outlook.next_scan) for each in due}
        for row in _ending(decision, outlook):
            *columns, owner = row
            crossing = decision.crossing(tuple(columns), outlook.now)
            hours = thresholds_of_life(decision.rule.thresholds, columns[3] - columns[4])
            present = first.pop(_key(crossing), None)
            tellings = [*([present] if present else []), *_coming(crossing, owner, hours, outlook)]
            if tellings:
                yield tellings
        yield from ([telling] for telling in first.values())


def _ending(decision: Decision, outlook: Outlook) -> Iterator[tuple[Any, ...]]:
    """Yield COLUMNS and the owner of what has not ended yet and may cross a threshold before ``until``."""
    longest = max(decision.rule.thresholds, default=0) * HOUR
    owner = "__".join(part for part in (decision.subject.path, "owner") if part)
    rows = (
        decision.rows(until=outlook.until + longest, is_search=True)
        .filter(not_after__gt=outlook.now)
        .order_by("not_after", "pk")
    )
    yield from rows.values_list(*COLUMNS, owner)[: MOST_SUBJECTS + 1]


def _others(rules: Sequence[Rule], outlook: Outlook) -> Iterator[list[Telling]]:
    """Yield what the sources report now, and of what has an end what they would report at the end of the span."""
    for source in SOURCES:
        present = {
            candidate.key: (candidate, rule) for candidate, rule in decided(source.candidates(outlook.now), rules)
        }
        ending = (candidate for candidate in source.candidates(outlook.until) if _has_end(candidate))
        known = {candidate.key: (candidate, rule) for candidate, rule in decided(ending, rules)} | present
        owners = _owners([candidate.certificate_id for candidate, _rule in known.values()])
        for candidate, rule in known.values():
            if not rule.mutes:
                yield from _of_candidate(candidate, rule, owners, outlook)


def _has_end(candidate: Candidate) -> bool:
    return KINDS[candidate.subject_kind].has_thresholds or bool(candidate.own_hours)


def _of_candidate(
    candidate: Candidate, rule: Rule, owners: Mapping[str, str], outlook: Outlook
) -> Iterator[list[Telling]]:
    owner = candidate.owner or owners.get(candidate.certificate_id, "")
    crossing = crossing_of(candidate, rule, outlook.now)
    bare = crossing or Crossing(*candidate.key, candidate.name, candidate.ends_at, (), rule.id)
    first = [_of_crossing(crossing, owner, outlook.next_scan)] if crossing else []
    tellings = [*first, *_coming(bare, owner, candidate.hours(rule), outlook)]
    if tellings:
        yield tellings


def _coming(crossing: Crossing, owner: str, hours: Sequence[int], outlook: Outlook) -> Iterator[Telling]:
    """Yield a notice for each threshold that is crossed after ``now`` and before ``until``."""
    for each in sorted(hours, reverse=True):
        moment = crossing.expires_at - each * HOUR
        if outlook.now < moment < outlook.until:
            yield _of_crossing(replace(crossing, thresholds_hours=(each,)), owner, outlook.scans(moment))


def _of_crossing(crossing: Crossing, owner: str, opens_at: dt.datetime) -> Telling:
    return Telling(
        crossing.subject_kind,
        crossing.subject_id,
        crossing.generation,
        crossing.subject_name,
        crossing.rule_id,
        owner,
        crossing.thresholds_hours[0],
        crossing.expires_at,
        opens_at,
    )


def _key(crossing: Crossing) -> Key:
    return crossing.subject_kind, crossing.subject_id, crossing.generation


def _owners(certificate_ids: Sequence[str]) -> dict[str, str]:
    rows = Certificate.objects.filter(pk__in=set(certificate_ids)).exclude(owner="").order_by()
    return dict(rows.values_list("pk", "owner"))
