"""Issue server and client certificates."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from django.utils import timezone
from django.utils.translation import gettext as _

from authorities.building import SigningKey, Use, build_leaf, life_of
from authorities.constraints import first_outside, subtree_text
from authorities.models import Authority, IssuedCertificate
from authorities.orders import Order, Wanted, checked_order
from authorities.selectors import authority_by_id
from authorities.signing import Signer, key_pem_of, open_issuer
from certificates.key_types import generate_key
from certificates.parsing.bundles import Bundle
from certificates.services import Imported, NewCertificate, store_bundles, store_replacement
from certificates.signing_requests import PublicKey
from console.errors import ConflictError, InvalidInputError
from events.actor import Actor
from events.feed import Recorder, recording

BATCH = 500
LONGEST_SERIAL_BITS = 159


def issue_bundle(actor: Actor, authority_id: str, order: Order) -> Bundle:
    """Sign a certificate and record that it was issued; storing it is the caller's, in the same transaction.

    ``key_pem`` of the bundle is None where a CSR was given. Raises DomainError with the field at fault.
    """
    wanted = checked_order(order)
    key = _key_for(wanted)
    with recording(actor) as changes:
        return sign_wanted(changes, open_issuer(authority_by_id(authority_id)), wanted, key)


def issue_certificate(actor: Actor, authority_id: str, order: Order, *, name: str = "") -> Imported:
    """Sign a certificate and store it in the repository; a blank ``name`` takes its first name."""
    wanted = checked_order(order)
    key = _key_for(wanted)
    with recording(actor) as changes:
        bundle = sign_wanted(changes, open_issuer(authority_by_id(authority_id)), wanted, key)
        (stored,) = store_bundles(actor, [NewCertificate(wanted.purpose, name, b"")], [bundle])
    return stored


def reissue_certificate(
    actor: Actor, authority_id: str, order: Order, *, certificate_id: str, expected_revision: int | None = None
) -> Imported:
    """Sign a certificate and store it as the next version of one; whatever uses that follows."""
    wanted = checked_order(order)
    key = _key_for(wanted)
    with recording(actor) as changes:
        bundle = sign_wanted(changes, open_issuer(authority_by_id(authority_id)), wanted, key)
        return store_replacement(actor, certificate_id, bundle, expected_revision)


def sign_wanted(changes: Recorder, signer: Signer, wanted: Wanted, key: SigningKey | None) -> Bundle:
    """Sign a checked order inside the caller's transaction; ``key`` was made before it, None for a CSR's."""
    leaf = signer.sign(leaf_builder(signer, wanted, key))
    record_issued(changes, signer.authority, leaf, wanted.purpose)
    return signer.bundle(leaf, key_pem_of(key) if key else None)


def leaf_builder(signer: Signer, wanted: Wanted, key: SigningKey | None) -> x509.CertificateBuilder:
    """Return what is to be signed; raise InvalidInputError for what the authority may not sign."""
    life = wanted.life or life_of(wanted.days, timezone.now())
    if life.end > signer.certificate.not_valid_after_utc:
        raise outlives(signer.certificate)
    if outside := first_outside(wanted.names, wanted.subject, signer.line):
        raise _outside(subtree_text(outside))
    _refuse_serial(signer.authority, wanted.profile.serial)
    public = key.public_key() if key else wanted.request.public_key if wanted.request else None
    use = Use(wanted.purpose, wanted.names, wanted.profile)
    return build_leaf(_public(public), wanted.subject, life, signer.issuer, use)


def record_issued(changes: Recorder, authority: Authority, leaf: x509.Certificate, purpose: str) -> IssuedCertificate:
    """Keep what was signed, so that it can be revoked and asked about."""
    (issued,) = record_all_issued(changes, authority, [(leaf, purpose)])
    return issued


def record_all_issued(
    changes: Recorder, authority: Authority, signed: Sequence[tuple[x509.Certificate, str]]
) -> list[IssuedCertificate]:
    """Keep many certificates that were signed, each with its purpose, in one step."""
    rows = [
        IssuedCertificate(
            authority=authority,
            serial=f"{leaf.serial_number:x}",
            subject=leaf.subject.rfc4514_string(),
            purpose=purpose,
            sha256=leaf.fingerprint(hashes.SHA256()).hex(),
            not_after=leaf.not_valid_after_utc,
            created_by=changes.actor.name,
        )
        for leaf, purpose in signed
    ]
    name = authority.certificate.name
    for row in rows:
        summary = f"Issued {row.subject or row.serial} by “{name}”"
        changes.record("authority.issued", authority, summary, serial=row.serial)
    return IssuedCertificate.objects.bulk_create(rows, BATCH)


def outlives(authority: x509.Certificate) -> InvalidInputError:
    """Return the error for a certificate that would end after its authority."""
    return InvalidInputError(
        _("The certificate would outlive its authority, which ends on %(moment)s.")
        % {"moment": f"{authority.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"},
        "authority.outlived",
        field="days",
        way_out=_("Choose fewer days."),
    )


def _refuse_serial(authority: Authority, serial: int | None) -> None:
    """Refuse a serial number of somebody's choice that an authority has used, or that none may (RFC 5280, 4.1.2.2)."""
    if serial is None:
        return
    if not 0 < serial.bit_length() <= LONGEST_SERIAL_BITS or serial < 0:
        raise InvalidInputError(
            _("A serial number is positive and has at most %(limit)s bits.") % {"limit": LONGEST_SERIAL_BITS},
            "issued.serial",
            field="serial",
        )
    if IssuedCertificate.objects.filter(authority=authority, serial=f"{serial:x}").exists():
        raise ConflictError(
            _("“%(name)s” has issued a certificate with this serial number.") % {"name": authority.certificate.name},
            "issued.serial-taken",
            field="serial",
            way_out=_("Choose another one, or leave it out."),
        )


def _key_for(wanted: Wanted) -> SigningKey | None:
    return None if wanted.request else generate_key(wanted.key_type)


def _public(key: PublicKeyTypes | None) -> PublicKey:
    if not isinstance(key, PublicKey):
        raise TypeError(f"an order with a {type(key).__name__}")
    return key


def _outside(name: str) -> InvalidInputError:
    return InvalidInputError(
        _("“%(name)s” is outside the names that the authority, or one above it, may sign for.") % {"name": name[:100]},
        "authority.name-constrained",
        field="names",
        way_out=_("Choose a name within its name constraints, or another authority."),
    )
