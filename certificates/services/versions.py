"""The versions behind a certificate: replace it, and go back."""

from cryptography.x509 import load_pem_x509_certificate
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.coverage import outline_of_version
from certificates.duplicates import refuse_duplicate_version
from certificates.judgement import findings_of, findings_of_replacement, findings_of_return, outline_of
from certificates.messages import message_of
from certificates.models import Certificate, CertificateVersion, Kind
from certificates.parsing.bundles import Bundle, Upload
from certificates.parsing.refusals import Finding
from certificates.selectors import certificate_by_id
from certificates.services.parsing import Imported, parse
from certificates.services.rows import current_of, record, unchanged
from certificates.store import NewVersion, insert_versions, make_current, warnings_of
from certificates.usage import check_new_version
from console.errors import ConflictError, InvalidInputError
from events.actor import Actor
from events.feed import recording

LONGEST_REASON = 500


def replace_certificate(
    actor: Actor,
    certificate_id: str,
    *,
    certificate_pem: bytes,
    private_key_pem: bytes | None = None,
    passphrase: str | None = None,
    expected_revision: int | None = None,
    reason: str = "",
) -> Imported:
    """Put a new version behind a certificate: everything that uses it follows.

    ``reason`` says why names may be lost; raises ConflictError for a version that loses some without one.
    """
    bundle = read_replacement(certificate_id, certificate_pem, private_key_pem, passphrase)
    return store_replacement(actor, certificate_id, bundle, expected_revision, reason=reason)


def read_replacement(
    certificate_id: str, certificate_pem: bytes, private_key_pem: bytes | None = None, passphrase: str | None = None
) -> Bundle:
    """Read what would replace a certificate and store nothing; raise DomainError with the field at fault."""
    kind = certificate_by_id(certificate_id).kind
    (bundle,) = parse([Upload(kind, certificate_pem, private_key_pem, passphrase)])
    return bundle


def store_replacement(
    actor: Actor,
    certificate_id: str,
    bundle: Bundle,
    expected_revision: int | None = None,
    *,
    reason: str = "",
) -> Imported:
    """Store what was parsed or issued as the next version of a certificate; see ``replace_certificate``."""
    reason = _checked_reason(reason)
    with recording(actor) as changes:
        certificate = unchanged(certificate_id, expected_revision)
        check_replacement(certificate, bundle)
        before = current_of(certificate)
        losses = findings_of_replacement(
            outline_of_version(before), outline_of(bundle.leaf.description), is_ca=certificate.kind == Kind.CA
        )
        if not reason:
            _refuse_lost_names(losses)
        findings = findings_of(bundle, is_server=certificate.kind == Kind.SERVER, now=timezone.now()) + losses
        newest = CertificateVersion.objects.filter(certificate=certificate).first() or before
        new = NewVersion(certificate, bundle, newest.number + 1, before, warnings_of(findings), reason)
        (version,) = insert_versions(actor, [new])
        make_current(certificate, version)
        summary = f"Replaced “{certificate.name}” by version {version.number}"
        record(changes, "replaced", certificate, summary, **({"reason": reason} if reason else {}))
    return Imported(certificate, version, new.warnings)


def check_replacement(certificate: Certificate, bundle: Bundle) -> None:
    """Raise ConflictError for what is stored already, and for what a user of the certificate could not serve."""
    refuse_duplicate_version(certificate, bundle)
    check_new_version(certificate, load_pem_x509_certificate(bundle.leaf.pem.encode()))


def roll_back_certificate(
    actor: Actor,
    certificate_id: str,
    *,
    version_number: int | None = None,
    expected_revision: int | None = None,
    reason: str = "",
) -> Imported:
    """Serve again what was served before the current version, or the version that is named.

    Going back has to be quick, so names may be lost without a ``reason``; one that is given goes into the audit trail.
    """
    reason = _checked_reason(reason)
    with recording(actor) as changes:
        certificate = unchanged(certificate_id, expected_revision)
        version = _target(certificate, version_number)
        check_new_version(certificate, load_pem_x509_certificate(version.leaf_pem.encode()))
        before, after = outline_of_version(current_of(certificate)), outline_of_version(version)
        findings = findings_of_return(version.common_name or certificate.name, before, after, timezone.now())
        make_current(certificate, version)
        summary = f"Rolled “{certificate.name}” back to version {version.number}"
        record(changes, "rolled_back", certificate, summary, **({"reason": reason} if reason else {}))
    return Imported(certificate, version, warnings_of(findings))


def _checked_reason(text: str) -> str:
    reason = " ".join(text.split())
    if len(reason) > LONGEST_REASON:
        raise InvalidInputError(
            _("The reason is longer than %(limit)s characters.") % {"limit": LONGEST_REASON},
            "certificate.reason-invalid",
            field="reason",
        )
    return reason


def _refuse_lost_names(findings: list[Finding]) -> None:
    for finding in findings:
        if finding.code == "certificate.names-lost":
            raise ConflictError(
                message_of(finding),
                finding.code,
                field="reason",
                way_out=_("Nothing was stored. Give a certificate that has these names, or say why they may be lost."),
            )


def _target(certificate: Certificate, version_number: int | None) -> CertificateVersion:
    current = current_of(certificate)
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
