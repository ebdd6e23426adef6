"""Certificate requests: a key is made and kept, the request goes out, the certificate comes back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from django.utils.translation import gettext as _

from certificates.alternative_names import server_names, written
from certificates.csr import MadeRequest, make_request
from certificates.key_types import KeyType, generate_key
from certificates.keys import seal, unseal
from certificates.models import Certificate, CertificateRequest, Kind, RequestKey
from certificates.names import checked_name, free_names
from certificates.parsing.bundles import Upload
from certificates.selectors import certificate_by_id
from certificates.services.imports import NewCertificate, store_bundles
from certificates.services.parsing import Imported, parse
from certificates.services.versions import store_replacement
from certificates.subjects import Subject, distinguished_name, with_common_name
from certificates.waiting import request_by_id
from console.errors import ConflictError, InvalidInputError
from console.revisions import refuse_stale
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
    key = unseal(request.key.token)
    (bundle,) = parse([Upload(Kind.SERVER, certificate_pem, key)])
    with recording(actor):
        request = _waiting(request_id, expected_revision)
        if request.renews_id:
            return store_replacement(actor, request.renews_id, bundle, reason=reason)
        (stored,) = store_bundles(actor, [NewCertificate(Kind.SERVER, free_names([request.name])[0], b"")], [bundle])
    return stored


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
