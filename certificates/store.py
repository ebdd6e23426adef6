"""Turn parsed bundles into rows: one or thousands, by the same path. Runs inside ``recording``."""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import OuterRef, Subquery

from certificates.examination import keep_hints, stored_subject
from certificates.hints import Subject, subject_of_bundle
from certificates.issuers import remember_issuers
from certificates.keys import seal
from certificates.messages import message_of
from certificates.models import Certificate, CertificateName, CertificateVersion, ChainMember, Kind, SealedKey
from certificates.parsing.bundles import Bundle, Link
from certificates.parsing.refusals import Finding, Parameters
from certificates.usage import tell_stored
from certificates.waiting import complete_requests
from console.revisions import save_revision
from events.actor import Actor

BATCH = 500
# What a certificate repeats of its current version, because lists sort and filter by it.
FACTS = ("not_before", "not_after", "issuer", "key_algorithm", "key_bits")


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning as people and REST clients see it."""

    code: str
    message: str
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version to be stored, with everything that belongs to it."""

    certificate: Certificate
    bundle: Bundle
    number: int = 1
    replaces: CertificateVersion | None = None
    warnings: list[Warned] = field(default_factory=list)
    reason: str = ""


def chain_digest(chain: Collection[Link]) -> str:
    """Return the SHA-256 over the chain's fingerprints in order; the empty chain has one too."""
    return hashlib.sha256("".join(link.description.sha256 for link in chain).encode()).hexdigest()


def warnings_of(findings: Sequence[Finding]) -> list[Warned]:
    """Return the findings in words."""
    return [Warned(finding.code, message_of(finding), finding.parameters) for finding in findings]


def search_text(name: str, common_name: str, names: Iterable[str]) -> str:
    """Return what a search by part of a name looks through."""
    return "\n".join(dict.fromkeys(text.lower() for text in (name, common_name, *names) if text))


def insert_versions(actor: Actor, versions: Sequence[NewVersion]) -> list[CertificateVersion]:
    """Store the versions of certificates that are stored already, with names and sealed keys."""
    rows = CertificateVersion.objects.bulk_create([_row(actor, version) for version in versions], BATCH)
    CertificateName.objects.bulk_create(
        [
            CertificateName(version=row, kind=name.kind, value=name.value)
            for row, version in zip(rows, versions, strict=True)
            for name in version.bundle.leaf.description.names
        ],
        BATCH,
    )
    ChainMember.objects.bulk_create(
        [
            member
            for row, version in zip(rows, versions, strict=True)
            for member in _chain_members(row, version.bundle, version.certificate.kind)
        ],
        BATCH,
    )
    SealedKey.objects.bulk_create(
        [
            SealedKey(version=row, token=seal(version.bundle.key_pem))
            for row, version in zip(rows, versions, strict=True)
            if version.bundle.key_pem
        ],
        BATCH,
    )
    remember_issuers(link for version in versions for link in (version.bundle.leaf, *version.bundle.chain))
    complete_requests(rows)
    tell_stored(rows)
    return rows


def insert_certificates(actor: Actor, versions: Sequence[NewVersion]) -> list[CertificateVersion]:
    """Store new certificates with their first versions."""
    Certificate.objects.bulk_create([version.certificate for version in versions], BATCH)
    rows = insert_versions(actor, versions)
    ids = [version.certificate.id for version in versions]
    first = CertificateVersion.objects.filter(certificate=OuterRef("pk"), number=1).values("pk")
    for start in range(0, len(ids), BATCH):
        Certificate.objects.filter(pk__in=ids[start : start + BATCH]).update(current_version=Subquery(first))
    for version, row in zip(versions, rows, strict=True):
        version.certificate.current_version = row
    keep_hints({version.certificate.pk: _subject(version) for version in versions})
    return rows


def make_current(certificate: Certificate, version: CertificateVersion) -> None:
    """Point ``certificate`` at ``version`` and give it the next revision."""
    certificate.current_version = version
    for fact in FACTS:
        setattr(certificate, fact, getattr(version, fact))
    certificate.search_text = search_text(
        certificate.name, version.common_name, version.names.values_list("value", flat=True)
    )
    save_revision(certificate, "current_version", *FACTS, "search_text")
    keep_hints({certificate.pk: stored_subject(certificate, version)})


def _subject(version: NewVersion) -> Subject:
    return subject_of_bundle(version.certificate.kind, version.bundle, [warned.code for warned in version.warnings])


def _chain_not_after(bundle: Bundle) -> dt.datetime | None:
    """Return the soonest end in the chain if it comes before the leaf's."""
    ends = [link.description.not_after for link in bundle.chain]
    return min((end for end in ends if end < bundle.leaf.description.not_after), default=None)


def _chain_members(row: CertificateVersion, bundle: Bundle, kind: str) -> Iterator[ChainMember]:
    """Yield what of the chain is watched by itself, soonest end first."""
    links = [link.description for link in bundle.chain]
    watched = [link for link in links if kind == Kind.CA or link.not_after < bundle.leaf.description.not_after]
    for place, link in enumerate(sorted(watched, key=lambda link: link.not_after)):
        yield ChainMember(
            version=row,
            place=place,
            subject=link.subject,
            sha256=link.sha256,
            not_before=link.not_before,
            not_after=link.not_after,
        )


def _row(actor: Actor, version: NewVersion) -> CertificateVersion:
    leaf = version.bundle.leaf.description
    return CertificateVersion(
        certificate=version.certificate,
        number=version.number,
        replaces=version.replaces,
        leaf_pem=version.bundle.leaf.pem,
        chain_pem="".join(link.pem for link in version.bundle.chain),
        subject=leaf.subject,
        issuer=leaf.issuer,
        common_name=leaf.common_name,
        serial=leaf.serial,
        sha256=leaf.sha256,
        chain_sha256=chain_digest(version.bundle.chain),
        spki_sha256=leaf.spki_sha256,
        key_algorithm=leaf.key_algorithm,
        key_bits=leaf.key_bits,
        signature_hash=leaf.signature_hash,
        not_before=leaf.not_before,
        not_after=leaf.not_after,
        chain_not_after=_chain_not_after(version.bundle),
        warnings=[dataclasses.asdict(warned) for warned in version.warnings],
        reason=version.reason,
        created_by=actor.name,
    )
