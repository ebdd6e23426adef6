"""Read a certificate signing request (PKCS #10, RFC 2986) that somebody else made. Pure."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from django.utils.translation import gettext as _

from certificates.alternative_names import written
from certificates.messages import error_of
from certificates.parsing.formats import normalised, scan
from certificates.parsing.private_keys import open_key, pkcs8_pem
from certificates.parsing.refusals import Refusal
from certificates.parsing.x509 import UNREADABLE, clean_text, public_key_digest
from certificates.subjects import Subject
from console.errors import InvalidInputError

# A request with a key of 4096 bits and a hundred names has 9 KB. Reading is linear in the size and checking the
# signature is bounded by the key's, so this needs no process of its own.
LARGEST_REQUEST_BYTES = 64_000
RSA_BITS = range(2048, 4097)
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_KEY = "private_key_pem"
_BEGIN = (b"-----BEGIN CERTIFICATE REQUEST-----", b"-----BEGIN NEW CERTIFICATE REQUEST-----")
_NAMES = (x509.DNSName, x509.IPAddress, x509.RFC822Name, x509.UniformResourceIdentifier)
_PARTS = {
    NameOID.COMMON_NAME: "common_name",
    NameOID.ORGANIZATION_NAME: "organization",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "organizational_unit",
    NameOID.COUNTRY_NAME: "country",
    NameOID.STATE_OR_PROVINCE_NAME: "state",
    NameOID.LOCALITY_NAME: "locality",
    NameOID.EMAIL_ADDRESS: "email",
}


PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What is kept of a request that somebody else made, as ``CertificateRequest`` has it."""

    csr_pem: str
    subject: str  # RFC 4514
    names: list[dict[str, str]]
    key_algorithm: str
    key_bits: int
    spki_sha256: str


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """What a CSR asks for; its signature was checked."""

    public_key: PublicKey
    subject: Subject
    names: tuple[str, ...]


def read_signing_request(data: bytes) -> SigningRequest:
    """Return what the CSR (PEM or DER) asks for; raise InvalidInputError (``csr_pem``)."""
    with _reading(data) as (request, key):
        return SigningRequest(key, _subject(request.subject), tuple(str(name.value) for name in _names(request)))


def read_request(data: bytes) -> ReadRequest:
    """Return what is kept of the CSR (PEM or DER); raise InvalidInputError (``csr_pem``)."""
    with _reading(data) as (request, key):
        return ReadRequest(
            csr_pem=request.public_bytes(serialization.Encoding.PEM).decode(),
            subject=clean_text(request.subject.rfc4514_string()),
            names=[written(name) for name in _names(request)],
            key_algorithm=_algorithm(key),
            key_bits=256 if isinstance(key, ed25519.Ed25519PublicKey) else key.key_size,
            spki_sha256=public_key_digest(key),
        )


def read_key(data: bytes, spki_sha256: str) -> bytes:
    """Return a private key as PKCS#8 PEM; raise InvalidInputError unless it is open and of that public key."""
    try:
        blocks = list(scan(normalised(data[:LARGEST_REQUEST_BYTES], _KEY), _KEY))
        keys = [block for block in blocks if not isinstance(block, Refusal) and block.is_key]
        if not keys:
            raise next((block for block in blocks if isinstance(block, Refusal)), Refusal("key.missing", _KEY))
        key = open_key(keys[0], None)
    except Refusal as refusal:
        raise error_of(refusal) from None
    if public_key_digest(key.public_key()) != spki_sha256:
        raise InvalidInputError(
            _("The private key is not the one of the certificate signing request."),
            "request.key-mismatch",
            field=_KEY,
            way_out=_("Give the key that the request was made with."),
        )
    return pkcs8_pem(key)


@contextmanager
def _reading(data: bytes) -> Iterator[tuple[x509.CertificateSigningRequest, PublicKey]]:
    """Give a CSR whose signature was checked; say of what cannot be read why."""
    if len(data) > LARGEST_REQUEST_BYTES:
        raise _refused(_("It has more than %(limit)s bytes.") % {"limit": LARGEST_REQUEST_BYTES})
    try:
        request = _loaded(data)
        key = _usable_key(request)
        # Proof that whoever asks has the private key.
        if not request.is_signature_valid:
            raise _refused(_("Its signature does not fit its key, so whoever made it may not have the key."))
        yield request, key
    except UNREADABLE as error:
        raise _refused(_("It cannot be read as PKCS #10: %(reason)s.") % {"reason": str(error)[:200]}) from None


def _algorithm(key: PublicKey) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA"
    return "ECDSA" if isinstance(key, ec.EllipticCurvePublicKey) else "Ed25519"


def _loaded(data: bytes) -> x509.CertificateSigningRequest:
    text = data.strip()
    if any(begin in text for begin in _BEGIN):
        return x509.load_pem_x509_csr(text)
    if text.startswith(b"-----BEGIN"):
        raise _refused(_("It is something else in PEM; a request begins with -----BEGIN CERTIFICATE REQUEST-----."))
    return x509.load_der_x509_csr(data)


def _usable_key(request: x509.CertificateSigningRequest) -> PublicKey:
    try:
        key = request.public_key()
    except UnsupportedAlgorithm:
        raise _refused(_("Its key is of a kind that is not issued here.")) from None
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
        return key
    raise _refused(
        _("Its key is of a kind that is not issued here."),
        _("Use RSA of 2048 to 4096 bits, ECDSA on P-256, P-384 or P-521, or Ed25519."),
    )


def _subject(name: x509.Name) -> Subject:
    parts = {_PARTS[part.oid]: str(part.value) for part in name if part.oid in _PARTS}
    return Subject(**parts)


def _names(request: x509.CertificateSigningRequest) -> tuple[x509.GeneralName, ...]:
    try:
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    for name in names:
        if not isinstance(name, _NAMES):
            raise _refused(
                _("It asks for a name that is neither a host name, an IP address, an email address nor a URI.")
            )
    return tuple(names)


def _refused(reason: str, way_out: str = "") -> InvalidInputError:
    return InvalidInputError(
        _("The certificate signing request is refused. %(reason)s") % {"reason": reason},
        "csr.refused",
        field="csr_pem",
        way_out=way_out,
    )
