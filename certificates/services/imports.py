"""Taking certificates in: what was uploaded, and what was parsed or issued."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.bundles import Bundle, Upload
from certificates.duplicates import refuse_duplicates
from certificates.issuers import complete_all
from certificates.judgement import findings_of
from certificates.messages import error_of
from certificates.models import Certificate, CertificateVersion, Kind
from certificates.names import checked_name, names_for
from certificates.parser import parser
from certificates.refusals import Finding, Refusal
from certificates.services.rows import record
from certificates.store import FACTS, NewVersion, Warned, insert_certificates, search_text, warnings_of
from console.errors import InvalidInputError
from events.actor import Actor
from events.feed import recording

IMPORTED_KINDS = (Kind.SERVER, Kind.CA)


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
    bundles = parse([_upload(item) for item in items])
    return store_bundles(actor, items, bundles)


def store_bundles(actor: Actor, items: Sequence[NewCertificate], bundles: Sequence[Bundle]) -> list[Imported]:
    """Store what was parsed or issued as new certificates."""
    names = [checked_name(item.name) for item in items]
    now = timezone.now()
    with recording(actor) as changes:
        refuse_duplicates([bundle.leaf.description for bundle in bundles])
        versions = [
            _first_version(
                actor, item.kind, name, bundle, findings_of(bundle, is_server=item.kind == Kind.SERVER, now=now)
            )
            for item, name, bundle in zip(items, names_for(names, bundles), bundles, strict=True)
        ]
        rows = insert_certificates(actor, versions)
        for version in versions:
            record(changes, "imported", version.certificate, f"Imported certificate “{version.certificate.name}”")
    return [Imported(version.certificate, row, version.warnings) for version, row in zip(versions, rows, strict=True)]


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


def parse(uploads: Sequence[Upload]) -> list[Bundle]:
    """Have every upload read in the parser's process; raise DomainError for the first that cannot be used.

    Chains are completed with the intermediates that the repository holds.
    """
    return complete_all(list(_bundles(parser.parse_many(uploads))))


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
        **{fact: getattr(leaf, fact) for fact in FACTS},
        search_text=search_text(name, leaf.common_name, [each.value for each in leaf.names]),
        created_by=actor.name,
    )
    return NewVersion(certificate, bundle, warnings=warnings_of(findings))
