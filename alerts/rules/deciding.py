"""Alert rules: whom a scope holds, and which rule decides. Pure; ``alerts.rules.scopes`` says the same in SQL."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from alerts.rules.expiry import THRESHOLDS_HOURS


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
    def is_of_certificates(self) -> bool:
        """Whether it asks for a property that only certificates have."""
        return bool(self.certificate_kinds or self.tag_key or self.owner or self.only_unused)

    @property
    def holds_all_of_a_kind(self) -> bool:
        """Whether it asks for nothing but the kind of the subject."""
        return not (self.is_of_certificates or self.product or self.listener_id)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What rules look at of a certificate."""

    kind: str
    owner: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    is_unused: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at of a subject: its kind, its certificate (None: it has none) and where it is used."""

    subject_kind: str
    certificate: CertificateFacts | None = None
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
        (not scope.subject_kinds or facts.subject_kind in scope.subject_kinds)
        and (not scope.is_of_certificates or _holds_certificate(scope, facts.certificate))
        and (not scope.product or scope.product in facts.products)
        and (not scope.listener_id or scope.listener_id in facts.listener_ids)
    )


def _holds_certificate(scope: Scope, certificate: CertificateFacts | None) -> bool:
    return certificate is not None and (
        (not scope.certificate_kinds or certificate.kind in scope.certificate_kinds)
        and (not scope.owner or certificate.owner == scope.owner)
        and (not scope.only_unused or certificate.is_unused)
        and _has_tag(scope, certificate.tags)
    )


def _has_tag(scope: Scope, tags: Mapping[str, str]) -> bool:
    if not scope.tag_key:
        return True
    return scope.tag_key in tags and (not scope.tag_value or tags[scope.tag_key] == scope.tag_value)


def deciding_rule(rules: Iterable[Rule], facts: Facts) -> Rule:
    """Return the first rule whose scope holds the subject."""
    return next((rule for rule in rules if holds(rule.scope, facts)), LAST_RESORT)


def rules_for(kind: str, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Return the rules that can decide on subjects of a kind: those up to the first that holds all of it."""
    found: list[Rule] = []
    for rule in rules:
        if rule.scope.subject_kinds and kind not in rule.scope.subject_kinds:
            continue
        found.append(rule)
        if rule.scope.holds_all_of_a_kind:
            return tuple(found)
    return (*found, LAST_RESORT)
