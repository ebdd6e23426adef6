"""Every write to the repository, private authorities apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.x509 import load_pem_x509_certificate
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.bundles import Bundle, Upload
from certificates.duplicates import refuse_duplicate_version, refuse_duplicates
from certificates.judgement import (
    MATCHED_KINDS,
    Outline,
    findings_of,
    findings_of_replacement,
    findings_of_return,
    outline_of,
)
from certificates.messages import error_of, message_of
from certificates.models import Certificate, CertificateVersion, Kind
from certificates.names import checked_name, name_taken, names_for
from certificates.parser import parser
from certificates.refusals import Finding, Refusal
from certificates.selectors import certificate_by_id, version_of
from certificates.store import (
    NewVersion,
    Warned,
    insert_certificates,
    insert_versions,
    make_current,
    search_text,
    warnings_of,
)
from certificates.usage import Usage, check_new_version, usages_of
from console.errors import ConflictError, InvalidInputError, StaleError
from events.actor import Actor
from events.feed import Recorder, recording

IMPORTED_KINDS = (Kind.SERVER, Kind.CA)
USERS_NAMED = 5


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """What an operator gives to import; a blank ``name`` takes the certificate's first name."""

    kind: str
    name: str
    certificate_pem: bytes
    private_key_pem: bytes | None = None
    passphrase: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What was stored, and what the operator should know of it."""

    certificate: Certificate
    version: CertificateVersion
    warnings: Sequence[Warned]


def import_certificate(
    actor: Actor,
    *,
    kind: str,
    name: str,
    certificate_pem: bytes,
    private_key_pem: bytes | None = None,
    passphrase: str | None = None,
) -> Imported:
    """Store a server or CA certificate; raise DomainError with the field at fault, having stored nothing."""
    new = NewCertificate(kind, name, certificate_pem, private_key_pem, passphrase)
    return import_certificates(actor, [new])[0]


def import_certificates(actor: Actor, items: Sequence[NewCertificate]) -> list[Imported]:
    """Store many certificates in one transaction: all, or none and the first error."""
    for item in items:
        _check_kind(item.kind)
    bundles = _parse([_upload(item) for item in items])
    return store_bundles(actor, items, bundles)


def store_bundles(actor: Actor, items: Sequence[NewCertificate], bundles: Sequence[Bundle]) -> list[Imported]:
    """Store what was parsed or issued as new certificates."""
    names = [checked_name(item.name) for item in items]
    now = timezone.now()
    with recording(actor) as changes:
        refuse_duplicates([bundle.leaf.description for bundle in bundles])
        versions = [
            _first_version(actor, item.kind, name, bundle, findings_of(bundle, is_ca=item.kind == Kind.CA, now=now))
            for item, name, bundle in zip(items, names_for(names, bundles), bundles, strict=True)
        ]
        rows = insert_certificates(actor, versions)
        for version in versions:
            _record(changes, "imported", version.certificate, f"Imported certificate “{version.certificate.name}”")
    return [Imported(version.certificate, row, version.warnings) for version, row in zip(versions, rows, strict=True)]


def replace_certificate(
    actor: Actor,
    certificate_id: str,
    *,
    certificate_pem: bytes,
    private_key_pem: bytes | None = None,
    passphrase: str | None = None,
    expected_revision: int | None = None,
    may_lose_names: bool = True,
) -> Imported:
    """Put a new version behind a certificate: everything that uses it follows.

    Without ``may_lose_names``, raise ConflictError for a version that no longer covers a name of the one before.
    """
    kind = certificate_by_id(certificate_id).kind
    (bundle,) = _parse([Upload(kind, certificate_pem, private_key_pem, passphrase)])
    return store_replacement(actor, certificate_id, bundle, expected_revision, may_lose_names=may_lose_names)


def store_replacement(
    actor: Actor,
    certificate_id: str,
    bundle: Bundle,
    expected_revision: int | None = None,
    *,
    may_lose_names: bool = True,
) -> Imported:
    """Store what was parsed or issued as the next version of a certificate."""
    with recording(actor) as changes:
        certificate = _unchanged(certificate_id, expected_revision)
        refuse_duplicate_version(certificate, bundle)
        check_new_version(certificate, load_pem_x509_certificate(bundle.leaf.pem.encode()))
        before = _current(certificate)
        findings = findings_of(bundle, is_ca=certificate.kind == Kind.CA, now=timezone.now())
        lost = findings_of_replacement(_outline(before), outline_of(bundle.leaf.description))
        if not may_lose_names:
            _refuse_lost_names(lost)
        findings += lost
        newest = CertificateVersion.objects.filter(certificate=certificate).first() or before
        new = NewVersion(certificate, bundle, newest.number + 1, before, warnings_of(findings))
        (version,) = insert_versions(actor, [new])
        make_current(certificate, version)
        _record(changes, "replaced", certificate, f"Replaced “{certificate.name}” by version {version.number}")
    return Imported(certificate, version, new.warnings)


def roll_back_certificate(
    actor: Actor, certificate_id: str, *, version_number: int | None = None, expected_revision: int | None = None
) -> Imported:
    """Serve again what was served before the current version, or the version that is named."""
    with recording(actor) as changes:
        certificate = _unchanged(certificate_id, expected_revision)
        version = _target(certificate, version_number)
        check_new_version(certificate, load_pem_x509_certificate(version.leaf_pem.encode()))
        label = version.common_name or certificate.name
        findings = findings_of_return(label, _outline(_current(certificate)), _outline(version), timezone.now())
        make_current(certificate, version)
        _record(changes, "rolled_back", certificate, f"Rolled “{certificate.name}” back to version {version.number}")
    return Imported(certificate, version, warnings_of(findings))


def rename_certificate(
    actor: Actor, certificate_id: str, *, name: str, expected_revision: int | None = None
) -> Certificate:
    """Give a certificate another name; its id and everything that uses it stay."""
    name = checked_name(name, is_required=True)
    with recording(actor) as changes:
        certificate = _unchanged(certificate_id, expected_revision)
        if Certificate.objects.filter(name=name).exclude(pk=certificate.pk).exists():
            raise name_taken(name)
        old, certificate.name = certificate.name, name
        version = _current(certificate)
        names = version.names.values_list("value", flat=True)
        certificate.search_text = search_text(name, version.common_name, names)
        certificate.revision += 1
        certificate.save(update_fields=("name", "search_text", "revision"))
        _record(changes, "renamed", certificate, f"Renamed certificate “{old}” to “{name}”")
    return certificate


def delete_certificate(actor: Actor, certificate_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a certificate with all versions and keys; raise ConflictError naming whoever uses it."""
    with recording(actor) as changes:
        certificate = _unchanged(certificate_id, expected_revision)
        if users := usages_of([certificate.id])[certificate.id]:
            raise _in_use(certificate, users)
        _record(changes, "deleted", certificate, f"Deleted certificate “{certificate.name}”")
        Certificate.objects.filter(pk=certificate.pk).update(current_version=None)
        certificate.delete()


def _refuse_lost_names(findings: Sequence[Finding]) -> None:
    for finding in findings:
        if finding.code == "certificate.names-lost":
            raise ConflictError(
                message_of(finding),
                finding.code,
                field="may_lose_names",
                way_out=_("Nothing was stored. Give a certificate that has these names, or allow that they are lost."),
            )


def _check_kind(kind: str) -> None:
    if kind not in IMPORTED_KINDS:
        raise InvalidInputError(
            _("“%(kind)s” is no kind of certificate that can be imported.") % {"kind": kind[:50]},
            "certificate.kind",
            field="kind",
            way_out=_("Choose “server” or “ca”."),
        )


def _upload(item: NewCertificate) -> Upload:
    return Upload(item.kind, item.certificate_pem, item.private_key_pem, item.passphrase)


def _parse(uploads: Sequence[Upload]) -> list[Bundle]:
    return list(_bundles(parser.parse_many(uploads)))


def _bundles(results: Iterable[Bundle | Refusal]) -> Iterable[Bundle]:
    for result in results:
        if isinstance(result, Refusal):
            raise error_of(result)
        yield result


def _first_version(actor: Actor, kind: str, name: str, bundle: Bundle, findings: Sequence[Finding]) -> NewVersion:
    leaf = bundle.leaf.description
    certificate = Certificate(
        name=name,
        kind=kind,
        not_after=leaf.not_after,
        search_text=search_text(name, leaf.common_name, [each.value for each in leaf.names]),
        created_by=actor.name,
    )
    return NewVersion(certificate, bundle, warnings=warnings_of(findings))


def _unchanged(certificate_id: str, expected_revision: int | None) -> Certificate:
    """Return the certificate if it still has the revision that the operator saw."""
    certificate = certificate_by_id(certificate_id)
    if expected_revision is not None and certificate.revision != expected_revision:
        raise StaleError(
            _("“%(name)s” was changed by someone else meanwhile.") % {"name": certificate.name},
            "certificate.stale",
            way_out=_("Load it again and repeat your change. Nothing was stored."),
        )
    return certificate


def _current(certificate: Certificate) -> CertificateVersion:
    return certificate.current_version or version_of(certificate.id)


def _outline(version: CertificateVersion) -> Outline:
    names = version.names.filter(kind__in=MATCHED_KINDS).values_list("value", flat=True)
    return Outline(list(names), version.key_algorithm, version.key_bits, version.not_after)


def _target(certificate: Certificate, version_number: int | None) -> CertificateVersion:
    current = _current(certificate)
    if version_number is None:
        target = current.replaces
    else:
        target = certificate.versions.filter(number=version_number).exclude(pk=current.pk).first()
    if target is None:
        raise ConflictError(
            _("“%(name)s” has no other version to go back to.") % {"name": certificate.name},
            "certificate.no-previous-version",
            way_out=_("Replace it instead."),
        )
    return target


def _in_use(certificate: Certificate, users: Sequence[Usage]) -> ConflictError:
    named = ", ".join(f"{user.label} ({user.role})" for user in users[:USERS_NAMED])
    more = len(users) - USERS_NAMED
    return ConflictError(
        _("“%(name)s” is in use by %(users)s.")
        % {"name": certificate.name, "users": f"{named} +{more}" if more > 0 else named},
        "certificate.in-use",
        way_out=_("Select another certificate there first, or replace this one."),
    )


def _record(changes: Recorder, verb: str, certificate: Certificate, summary: str) -> None:
    version = certificate.current_version
    changes.record(f"certificate.{verb}", certificate, summary, version=version.number if version else 0)
