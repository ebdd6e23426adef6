"""What sources report: each thing that is, or may become, worth telling; and which thresholds of it were crossed."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from alerts.kinds import CONFIGURATION, HANDSHAKES, KINDS, RECEIPT, SERVER_GROUP
from alerts.rules.deciding import Facts, Rule, Tag, deciding_rule, rules_for
from alerts.rules.expiry import crossed_thresholds, thresholds_of_life
from alerts.rules.scopes import (
    CertificateFacts,
    certificate_facts,
    listeners_of,
    products_of,
    tags_of_listeners,
    tags_of_server_groups,
)
from events.notices import Crossing

BATCH = 500
AT_ONCE = (0,)
NO_CERTIFICATE = CertificateFacts()
TAGGED: Mapping[str, Callable[[Collection[str]], Mapping[str, frozenset[Tag]]]] = {
    RECEIPT: tags_of_listeners,
    CONFIGURATION: tags_of_listeners,
    HANDSHAKES: tags_of_listeners,
    SERVER_GROUP: tags_of_server_groups,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subject as its source sees it now; a source that reports it no more has it resolved.

    Of a kind with thresholds, ``begins_at`` and ``ends_at`` are its life and a rule says when it is told. Any other is
    told at once, or at ``own_hours`` before its end. What a rule's scope looks at is found by ``certificate_id``,
    ``listener_ids`` and the subject itself; ``owner`` is of what has one and no certificate.
    """

    subject_kind: str
    subject_id: str
    generation: str
    name: str
    ends_at: dt.datetime
    begins_at: dt.datetime | None = None
    own_hours: tuple[int, ...] = ()
    certificate_id: str = ""
    listener_ids: tuple[str, ...] = ()
    owner: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What a notice of it is found by."""
        return self.subject_kind, self.subject_id, self.generation

    def hours(self, rule: Rule) -> tuple[int, ...]:
        """Return the thresholds by which a rule has it told, tightest first; empty: it is told at once."""
        if not KINDS[self.subject_kind].has_thresholds:
            return tuple(sorted(self.own_hours))
        if self.begins_at is None:
            return rule.thresholds
        return thresholds_of_life(rule.thresholds, self.ends_at - self.begins_at)

    def crossed(self, rule: Rule, now: dt.datetime) -> tuple[int, ...]:
        """Return the thresholds that lie behind ``now``, tightest first."""
        hours = self.hours(rule)
        if not hours:
            return () if KINDS[self.subject_kind].has_thresholds else AT_ONCE
        return crossed_thresholds(hours, self.ends_at, now)


def decided(candidates: Iterable[Candidate], rules: Sequence[Rule]) -> Iterator[tuple[Candidate, Rule]]:
    """Yield each candidate with the rule that decides on it."""
    rest = iter(candidates)
    while batch := list(islice(rest, BATCH)):
        facts = _Facts(batch, rules)
        for candidate in batch:
            yield candidate, deciding_rule(rules_for(candidate.subject_kind, rules), facts.of(candidate))


def crossing_of(candidate: Candidate, rule: Rule, now: dt.datetime) -> Crossing | None:
    """Return what the ledger is to know of a candidate, None where its rule has nothing told of it yet, or ever."""
    thresholds = () if rule.mutes else candidate.crossed(rule, now)
    if not thresholds:
        return None
    return Crossing(*candidate.key, candidate.name, candidate.ends_at, thresholds, rule.id)


class _Facts:
    """What rules look at, read for several candidates at once, and only where a rule asks for more than the kind."""

    def __init__(self, candidates: Sequence[Candidate], rules: Sequence[Rule]) -> None:
        asked = frozenset[str]().union(*(rule.scope.asked for rule in rules))
        if not asked:
            candidates = ()
        ids = {candidate.certificate_id for candidate in candidates} - {""}
        self.certificates = certificate_facts(ids)
        self.binding = listeners_of(ids)
        named = {listener for candidate in candidates for listener in candidate.listener_ids}
        self.products = products_of(named.union(*self.binding.values()))
        self.tags = _tags(candidates) if "tag_key" in asked else {}

    def of(self, candidate: Candidate) -> Facts:
        """Return what rules look at of one of the candidates."""
        certificate = self.certificates.get(candidate.certificate_id, NO_CERTIFICATE)
        listener_ids = self.binding.get(candidate.certificate_id, set()).union(candidate.listener_ids)
        return Facts(
            candidate.subject_kind,
            certificate.kind,
            candidate.owner or certificate.owner,
            certificate.tags | self.tags.get((candidate.subject_kind, candidate.subject_id), frozenset()),
            certificate.is_unused,
            frozenset(listener_ids),
            frozenset(self.products[pk] for pk in listener_ids if pk in self.products),
        )


def _tags(candidates: Sequence[Candidate]) -> dict[tuple[str, str], frozenset[Tag]]:
    """Return the tags of what is tagged itself, by kind and id: listeners and server groups."""
    found: dict[tuple[str, str], frozenset[Tag]] = {}
    for kind, tags_of_kind in TAGGED.items():
        ids = {candidate.subject_id for candidate in candidates if candidate.subject_kind == kind}
        found |= {(kind, pk): tags for pk, tags in tags_of_kind(ids).items()} if ids else {}
    return found
