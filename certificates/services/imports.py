"""Taking certificates in: what was uploaded, and what was parsed or issued."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.duplicates import refuse_duplicates
from certificates.judgement import findings_of
from certificates.models import Certificate, Kind
from certificates.names import checked_name, names_for
from certificates.parsing.bundles import Bundle, Upload
from certificates.parsing.refusals import Finding
from certificates.services.parsing import Imported, parse
from certificates.services.rows import record
from certificates.services.versions import store_replacement
from certificates.store import FACTS, NewVersion, insert_certificates, search_text, warnings_of
from certificates.waiting import renewed_certificates
from console.errors import InvalidInputError
from console.progress import STORE, tracked
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
    """Store what was parsed or issued: as new certificates, or as the next version where a request renews one."""
    renewed = renewed_certificates([bundle.leaf.description.spki_sha256 for bundle in bundles])
    if not renewed:
        return _store_new(actor, items, bundles)
    with recording(actor):
        return [_store_one(actor, item, bundle, renewed) for item, bundle in zip(items, bundles, strict=True)]


def _store_one(actor: Actor, item: NewCertificate, bundle: Bundle, renewed: Mapping[str, str]) -> Imported:
    certificate_id = renewed.get(bundle.leaf.description.spki_sha256)
    if certificate_id is None:
        (stored,) = _store_new(actor, [item], [bundle])
        return stored
    return store_replacement(actor, certificate_id, bundle)


def _store_new(actor: Actor, items: Sequence[NewCertificate], bundles: Sequence[Bundle]) -> list[Imported]:
    names = [checked_name(item.name) for item in items]
    now = timezone.now()
    with recording(actor) as changes:
        refuse_duplicates([bundle.leaf.description for bundle in bundles])
        versions = [
            _first_version(
                actor, item.kind, name, bundle, findings_of(bundle, is_server=item.kind == Kind.SERVER, now=now)
            )
            for item, name, bundle in tracked(list(zip(items, names_for(names, bundles), bundles, strict=True)), STORE)
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
