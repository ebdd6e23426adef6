"""Alert rules: whom a scope holds, and which rule decides. Pure; ``alerts.rules.scopes`` says the same in SQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alerts.kinds import KINDS, SCOPE_KEYS
from alerts.rules.expiry import THRESHOLDS_HOURS

Tag = tuple[str, str]  # key and value


@dataclass(frozen=True, slots=True)
class Scope:
    """What a rule is about; an empty field leaves that property open, and all that is asked for must be true."""

    subject_kinds: frozenset[str] = frozenset()
    certificate_kinds: frozenset[str] = frozenset()
    tag_key: str = ""
    tag_value: str = ""  # empty with a key: whatever its value
    owner: str = ""
    product: str = ""
    listener_id: str = ""
    only_unused: bool = False

    @property
    def asked(self) -> frozenset[str]:
        """What it asks for beside the kind of subject."""
        return frozenset(key for key in SCOPE_KEYS if getattr(self, key))

    def can_hold(self, subject_kind: str) -> bool:
        """Whether it asks of a kind of subject nothing but what that has."""
        is_chosen = not self.subject_kinds or subject_kind in self.subject_kinds
        return is_chosen and self.asked <= KINDS[subject_kind].scope_keys


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at of a subject; what it has not is empty."""

    subject_kind: str
    certificate_kind: str = ""
    owner: str = ""
    tags: frozenset[Tag] = frozenset()
    is_unused: bool = False
    listener_ids: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as the scan follows it: ``thresholds`` in hours, tightest first; a rule that mutes tells nobody."""

    id: str
    name: str
    scope: Scope
    thresholds: tuple[int, ...]
    mutes: bool = False


# Where there is no rule at all, everybody is told as the documents recommend: silence is never the default.
LAST_RESORT = Rule("", "", Scope(), THRESHOLDS_HOURS)


def holds(scope: Scope, facts: Facts) -> bool:
    """Whether a scope holds a subject."""
    return (
        scope.can_hold(facts.subject_kind)
        and (not scope.certificate_kinds or facts.certificate_kind in scope.certificate_kinds)
        and (not scope.owner or facts.owner == scope.owner)
        and (not scope.only_unused or facts.is_unused)
        and (not scope.tag_key or _has_tag(scope, facts.tags))
        and (not scope.product or scope.product in facts.products)
        and (not scope.listener_id or scope.listener_id in facts.listener_ids)
    )


def _has_tag(scope: Scope, tags: frozenset[Tag]) -> bool:
    if scope.tag_value:
        return (scope.tag_key, scope.tag_value) in tags
    return any(key == scope.tag_key for key, _value in tags)


def deciding_rule(rules: Iterable[Rule], facts: Facts) -> Rule:
    """Return the first rule whose scope holds the subject."""
    return next((rule for rule in rules if holds(rule.scope, facts)), LAST_RESORT)


def rules_for(kind: str, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Return the rules that can decide on subjects of a kind: those up to the first that holds all of it."""
    found: list[Rule] = []
    for rule in rules:
        if not rule.scope.can_hold(kind):
            continue
        found.append(rule)
        if not rule.scope.asked:
            return tuple(found)
    return (*found, LAST_RESORT)
