"""Certificate requests: a key is made and kept, the request goes out, the certificate comes back."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from django.utils.translation import gettext as _

from certificates.alternative_names import server_names, written
from certificates.csr import MadeRequest, make_request
from certificates.key_types import KeyType, generate_key
from certificates.keys import seal, unseal
from certificates.models import Certificate, CertificateRequest, Kind, RequestKey
from certificates.names import LONGEST_NAME, checked_name, free_names
from certificates.parsing.bundles import Upload
from certificates.selectors import certificate_by_id
from certificates.services.imports import NewCertificate, store_bundles
from certificates.services.parsing import Imported, parse
from certificates.services.versions import store_replacement
from certificates.signing_requests import read_key, read_request
from certificates.subjects import Subject, distinguished_name, with_common_name
from certificates.waiting import request_by_id
from console.errors import ConflictError, InvalidInputError
from console.revisions import refuse_stale, save_revision
from events.actor import Actor
from events.feed import recording


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request that is wanted; ``renews`` is the id of the certificate whose next version it is to become."""

    names: Sequence[str]
    subject: Subject = field(default_factory=Subject)
    name: str = ""  # of the certificate to be; blank takes the first name
    key_type: str = KeyType.P256.value
    renews: str = ""


def create_request(actor: Actor, new: NewRequest) -> CertificateRequest:
    """Make a key and a request for it; the key is sealed and does not leave. Raises DomainError."""
    name = checked_name(new.name)
    names = server_names(new.names)
    subject = distinguished_name(with_common_name(new.subject, names), needs_common_name=False)
    renewed = _renewable(new.renews)
    made = make_request(generate_key(new.key_type), subject, names)
    with recording(actor) as changes:
        row = _row(actor, made, names)
        row.name = name or (renewed.name if renewed else str(names[0].value))
        row.renews = renewed
        row.save(force_insert=True)
        RequestKey.objects.create(request=row, token=seal(made.key_pem))
        changes.record("certificate_request.created", row, f"Created certificate request “{row.name}”")
    return row


def complete_request(
    actor: Actor,
    request_id: str,
    *,
    certificate_pem: bytes,
    expected_revision: int | None = None,
    reason: str = "",
) -> Imported:
    """Store the certificate that was issued for a request: as a new one, or as the next version of the renewed one.

    Raises InvalidInputError for a certificate of another key. ``reason``: see ``replace_certificate``.
    """
    request = _waiting(request_id, expected_revision)
    key = _key_of(request)
    (bundle,) = parse([Upload(Kind.SERVER, certificate_pem, key)])
    with recording(actor):
        request = _waiting(request_id, expected_revision)
        if request.renews_id:
            return store_replacement(actor, request.renews_id, bundle, reason=reason)
        (stored,) = store_bundles(actor, [NewCertificate(Kind.SERVER, free_names([request.name])[0], b"")], [bundle])
    return stored


def upload_request(actor: Actor, csr_pem: bytes, *, name: str = "", private_key_pem: bytes = b"") -> CertificateRequest:
    """Keep a request that was made elsewhere, with its key where that comes along; raise DomainError.

    Without the key, the certificate that is issued for it needs its key when it is imported.
    """
    name = checked_name(name)
    read = read_request(csr_pem)
    key = read_key(private_key_pem, read.spki_sha256) if private_key_pem.strip() else b""
    with recording(actor) as changes:
        row = CertificateRequest(**dataclasses.asdict(read), created_by=actor.name)
        row.name = name or (row.names[0]["value"] if row.names else row.subject)[:LONGEST_NAME]
        if CertificateRequest.objects.filter(spki_sha256=row.spki_sha256).exists():
            raise _known_key(row.name)
        row.save(force_insert=True)
        if key:
            RequestKey.objects.create(request=row, token=seal(key))
        changes.record("certificate_request.created", row, f"Uploaded certificate request “{row.name}”")
    return row


def give_request_key(
    actor: Actor, request_id: str, *, private_key_pem: bytes, expected_revision: int | None = None
) -> CertificateRequest:
    """Keep the key of a request that came without it; raise InvalidInputError for a key of another request."""
    request = _waiting(request_id, expected_revision)
    key = read_key(private_key_pem, request.spki_sha256)
    with recording(actor) as changes:
        request = _waiting(request_id, expected_revision)
        RequestKey.objects.update_or_create(request=request, defaults={"token": seal(key)})
        save_revision(request)
        changes.record("certificate_request.updated", request, f"Kept the key of certificate request “{request.name}”")
    return request


def delete_request(actor: Actor, request_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a request; the key of one that waits is lost, and a certificate that is issued for it is of no use."""
    with recording(actor) as changes:
        request = _unchanged(request_id, expected_revision)
        changes.record("certificate_request.deleted", request, f"Deleted certificate request “{request.name}”")
        request.delete()


def _row(actor: Actor, made: MadeRequest, names: Sequence[x509.GeneralName]) -> CertificateRequest:
    return CertificateRequest(
        csr_pem=made.csr_pem,
        subject=made.subject,
        names=[written(name) for name in names],
        key_algorithm=made.key_algorithm,
        key_bits=made.key_bits,
        spki_sha256=made.spki_sha256,
        created_by=actor.name,
    )


def _key_of(request: CertificateRequest) -> bytes | None:
    key = RequestKey.objects.filter(request=request).first()
    return unseal(key.token) if key else None


def _known_key(name: str) -> ConflictError:
    return ConflictError(
        _("There is a certificate request with the key of “%(name)s” already.") % {"name": name},
        "request.known-key",
        field="csr_pem",
        way_out=_("Use that one, or make the request with a new key."),
    )


def _renewable(certificate_id: str) -> Certificate | None:
    if not certificate_id:
        return None
    certificate = certificate_by_id(certificate_id)
    if certificate.kind != Kind.SERVER:
        raise InvalidInputError(
            _("“%(name)s” is no server certificate.") % {"name": certificate.name},
            "request.renews",
            field="renews",
            way_out=_("Choose a server certificate, or make a request for a new one."),
        )
    return certificate


def _waiting(request_id: str, expected_revision: int | None) -> CertificateRequest:
    request = _unchanged(request_id, expected_revision)
    if request.completed_at is not None:
        raise ConflictError(
            _("The request “%(name)s” has its certificate already.") % {"name": request.name},
            "request.completed",
            way_out=_("Replace that certificate instead."),
        )
    return request


def _unchanged(request_id: str, expected_revision: int | None) -> CertificateRequest:
    request = request_by_id(request_id)
    refuse_stale(request, expected_revision, "request.stale")
    return request
