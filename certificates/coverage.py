"""What taking another version would change: names lost with those who serve them, and what else to know."""

from collections.abc import Sequence
from dataclasses import dataclass

from certificates.judgement import FACTS, MATCHED_KINDS, Outline, findings_of_replacement, outline_of
from certificates.matching import lost_names
from certificates.models import Certificate, CertificateVersion, Kind
from certificates.parsing.bundles import Bundle
from certificates.serving import Serving, servings_of
from certificates.store import Warned, warnings_of

# For so many lost names it is asked who serves them; nobody reads more.
MOST_NAMES_ASKED = 100


@dataclass(frozen=True, slots=True)
class Loss:
    """A name that is no longer covered, and who serves it with this certificate now."""

    name: str
    servings: Sequence[Serving]


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version in the place of another changes."""

    before: Outline
    after: Outline
    losses: Sequence[Loss]
    names_lost: Sequence[str]
    names_added: Sequence[str]
    warnings: Sequence[Warned]

    @property
    def needs_reason(self) -> bool:
        """Whether names are lost, which somebody has to answer for."""
        return bool(self.names_lost)

    @property
    def other_warnings(self) -> Sequence[Warned]:
        """What is to be said beside the names that are lost."""
        return [warning for warning in self.warnings if warning.code != "certificate.names-lost"]

    @property
    def is_worth_a_look(self) -> bool:
        """Whether there is anything that an operator should see before it is stored."""
        return bool(self.warnings)


def outline_of_version(version: CertificateVersion) -> Outline:
    """Return the outline of a stored version."""
    names = version.names.filter(kind__in=MATCHED_KINDS).values_list("value", flat=True)
    return Outline(list(names), **{fact: getattr(version, fact) for fact in FACTS})


def difference_of_bundle(certificate: Certificate, current: CertificateVersion, bundle: Bundle) -> Difference:
    """Return what ``bundle`` would change behind ``certificate``."""
    return _difference(certificate, outline_of_version(current), outline_of(bundle.leaf.description))


def difference_of_return(
    certificate: Certificate, current: CertificateVersion, target: CertificateVersion
) -> Difference:
    """Return what going back to ``target`` would change."""
    return _difference(certificate, outline_of_version(current), outline_of_version(target))


def _difference(certificate: Certificate, before: Outline, after: Outline) -> Difference:
    lost = lost_names(before.names, after.names)
    servings = servings_of(certificate.pk, lost[:MOST_NAMES_ASKED])
    known = frozenset(before.names)
    return Difference(
        before=before,
        after=after,
        losses=[Loss(name, servings.get(name, ())) for name in lost],
        names_lost=lost,
        names_added=[name for name in after.names if name not in known],
        warnings=warnings_of(findings_of_replacement(before, after, is_ca=certificate.kind == Kind.CA)),
    )
