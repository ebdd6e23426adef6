"""Read a revocation list (CRL, RFC 5280 section 5) and check who signed it. Pure; runs in the parser's process.

What a TLS engine would not take is refused here, where a person reads why: one list that it cannot use makes it
refuse every client.
"""

import base64
import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtensionOID

from certificates.parsing.refusals import Refusal
from certificates.parsing.x509 import UNREADABLE, clean_text

LARGEST_LIST_BYTES = 32 * 1024 * 1024
LONGEST_NUMBER_BYTES = 20  # RFC 5280, section 5.2.3
FIELD = "file"
DER_SEQUENCE = b"\x30"
_NO_UNUSED_BITS = b"\x00"  # before the bytes of a signature's BIT STRING; TLS engines take no other count
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,64})-----\s(.*?)-----END \1-----", re.DOTALL)
_WEAK_HASHES = frozenset({"md5"})
_KNOWN_CRITICAL = frozenset({ExtensionOID.ISSUING_DISTRIBUTION_POINT, ExtensionOID.AUTHORITY_KEY_IDENTIFIER})


@dataclass(frozen=True, slots=True)
class ListUpload:
    """The bytes of a list as they came, and the certificates (PEM) of the authorities whose lists are wanted."""

    data: bytes
    authorities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadList:
    """What a list says, its signature verified."""

    der: bytes
    sha256: str
    issuer: str  # RFC 4514
    issuer_spki_sha256: str  # of the authority whose signature it bears
    number: str  # hexadecimal; empty for a list of version 1
    entries: int
    this_update: dt.datetime
    next_update: dt.datetime | None  # None for a list that never ends


def read_list(upload: ListUpload) -> ReadList:
    """Return what ``upload`` says; raise Refusal with the first thing that makes it unusable."""
    if len(upload.data) > LARGEST_LIST_BYTES:
        raise Refusal("crl.too-large", FIELD, limit=LARGEST_LIST_BYTES, size=len(upload.data))
    der = _der(upload.data)
    try:
        return _described(der, upload.authorities)
    except UNREADABLE as error:
        reason = clean_text(str(error)) or type(error).__name__
        raise Refusal("crl.unreadable", FIELD, reason=reason[:200]) from None


def _described(der: bytes, authorities: Sequence[str]) -> ReadList:
    crl = x509.load_der_x509_crl(der)
    if not der.endswith(_NO_UNUSED_BITS + crl.signature):
        raise ValueError("its signature is not of whole bytes")
    _check_kind(crl)
    signer = _signer(crl, [x509.load_pem_x509_certificate(pem.encode()) for pem in authorities])
    return ReadList(
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        issuer=_issuer(crl),
        issuer_spki_sha256=hashlib.sha256(_spki(signer)).hexdigest(),
        number=_number(crl),
        entries=len(crl),
        this_update=crl.last_update_utc,
        next_update=crl.next_update_utc,
    )


def _der(data: bytes) -> bytes:
    if data.startswith(DER_SEQUENCE):
        return data
    if not data.strip():
        raise Refusal("crl.empty", FIELD)
    blocks = [(label, body) for label, body in _PEM.findall(data) if label == b"X509 CRL"]
    if len(blocks) > 1:
        raise Refusal("crl.several", FIELD, count=len(blocks))
    if not blocks:
        raise Refusal("crl.not-a-list", FIELD)
    try:
        return base64.b64decode(b"".join(blocks[0][1].split()), validate=True)
    except binascii.Error:
        raise Refusal("crl.unreadable", FIELD, reason="its text is not base64") from None


def _check_kind(crl: x509.CertificateRevocationList) -> None:
    """Refuse the kinds of list that the engine passes over: without a usable list it refuses every client."""
    for extension in crl.extensions:
        if extension.oid == ExtensionOID.DELTA_CRL_INDICATOR:
            raise Refusal("crl.delta", FIELD, issuer=_issuer(crl))
        if extension.critical and extension.oid not in _KNOWN_CRITICAL:
            raise Refusal("crl.critical", FIELD, oid=extension.oid.dotted_string)
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            _check_scope(crl, extension.value)
    if crl.signature_hash_algorithm and crl.signature_hash_algorithm.name in _WEAK_HASHES:
        raise Refusal("crl.weak", FIELD, hash=crl.signature_hash_algorithm.name.upper())


def _check_scope(crl: x509.CertificateRevocationList, scope: x509.IssuingDistributionPoint) -> None:
    if scope.indirect_crl:
        raise Refusal("crl.indirect", FIELD, issuer=_issuer(crl))
    if scope.only_contains_ca_certs or scope.only_contains_attribute_certs or scope.only_some_reasons:
        raise Refusal("crl.partial", FIELD, issuer=_issuer(crl))


def _signer(crl: x509.CertificateRevocationList, authorities: Sequence[x509.Certificate]) -> x509.Certificate:
    """Return the authority that has the list's issuer as its subject and made the signature."""
    named = [authority for authority in authorities if authority.subject == crl.issuer]
    if not named:
        raise Refusal("crl.foreign", FIELD, issuer=_issuer(crl))
    for authority in named:
        if _is_signed_by(crl, authority.public_key()):
            if not _may_sign_lists(authority):
                raise Refusal("crl.issuer-may-not", FIELD, issuer=_issuer(crl))
            return authority
    raise Refusal("crl.forged", FIELD, issuer=_issuer(crl))


def _is_signed_by(crl: x509.CertificateRevocationList, key: CertificatePublicKeyTypes) -> bool:
    try:
        return crl.is_signature_valid(key)  # type: ignore[arg-type]  # what cannot sign raises TypeError
    except (TypeError, ValueError, UnsupportedAlgorithm):  # a key or an algorithm that verifies no signature
        return False


def _may_sign_lists(authority: x509.Certificate) -> bool:
    try:
        return authority.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _number(crl: x509.CertificateRevocationList) -> str:
    try:
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return ""
    if number < 0 or number.bit_length() > LONGEST_NUMBER_BYTES * 8:
        raise ValueError(f"its number has more than {LONGEST_NUMBER_BYTES} bytes")
    return f"{number:x}"


def _issuer(crl: x509.CertificateRevocationList) -> str:
    return clean_text(crl.issuer.rfc4514_string())


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
