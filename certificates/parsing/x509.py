"""Read what a certificate says (RFC 5280). Pure.

``cryptography`` reads lazily and raises far more than ValueError, so everything is read once, here, and whatever it
cannot read becomes a Refusal.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certificates.matching import InvalidNameError, is_address, normalise_name
from certificates.parsing import der
from certificates.parsing.refusals import Refusal

LONGEST_SERIAL_DIGITS = 64
LONGEST_NAME = 1000
MOST_NAMES = 5000
ISSUER_FIELD, SUBJECT_FIELD, KEY_FIELD = 2, 4, 5  # of what is signed, counted from the serial number
TIMES = frozenset({der.UTC_TIME, der.GENERALIZED_TIME})
EC_KEY_OID = "1.2.840.10045.2.1"
HYBRID_FORMS = frozenset({b"\x06", b"\x07"})
SM2_CURVE_OID = "1.2.156.10197.1.301"
FOR_SERVERS = frozenset({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})
UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
Extension = TypeVar("Extension", bound=x509.ExtensionType)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_EDWARDS = ((ed25519.Ed25519PublicKey, "Ed25519", 256), (ed448.Ed448PublicKey, "Ed448", 456))


@dataclass(frozen=True, slots=True)
class Name:
    """One name that a certificate is for; ``kind`` is dns, ip, email, uri, or cn for a common name like no other."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Description:
    """What a certificate says, in the form in which it is stored and compared."""

    subject: str  # RFC 4514
    issuer: str
    common_name: str
    serial: str  # hexadecimal, lower case, no leading zeros
    sha256: str
    spki_sha256: str
    key_algorithm: str
    key_bits: int
    curve: str  # of an ECDSA key, as SEC 2 names it
    signature_hash: str  # empty where the algorithm has none of its own
    not_before: dt.datetime
    not_after: dt.datetime
    names: tuple[Name, ...]
    has_san: bool
    is_ca: bool
    is_self_signed: bool
    signs_certificates: bool  # what an issuer's key usage allows
    serves_tls: bool  # what an extended key usage allows a server
    is_client: bool = False  # an extended key usage for clients, and for no server
    subject_key_id: str = ""  # hexadecimal; empty without one
    authority_key_id: str = ""

    @property
    def label(self) -> str:
        """The name by which messages call this certificate."""
        return self.common_name or self.subject or self.serial


@dataclass(frozen=True, slots=True)
class Parsed:
    """A certificate as cryptography sees it, with its description."""

    certificate: x509.Certificate
    description: Description

    @property
    def pem(self) -> str:
        """The certificate alone, in lines of 64 characters."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def public_key_sha256(self) -> str:
        """The digest by which a private key finds its certificate, whatever the form of the certificate's key."""
        try:
            key = self.certificate.public_key()
        except (UnsupportedAlgorithm, ValueError):
            return self.description.spki_sha256
        return public_key_digest(key)

    def is_issued_by(self, issuer: "Parsed") -> bool:
        """Whether ``issuer`` has the issuer's name and made the signature."""
        if self.certificate.issuer != issuer.certificate.subject:
            return False
        try:
            self.certificate.verify_directly_issued_by(issuer.certificate)
        except (InvalidSignature, TypeError):
            return False
        except (UnsupportedAlgorithm, ValueError):
            # A signature that the library does not check (SHA-1, MD5, SM3) links by name and key identifier.
            return _authority_key_id(self.certificate) in {b"", _subject_key_id(issuer.certificate)}
        return True


def public_key_digest(key: PublicKeyTypes) -> str:
    """Return the SHA-256 of a public key's plain encoding, in hexadecimal."""
    plain = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(plain).hexdigest()


def read_certificate(encoding: bytes, line: int) -> Parsed:
    """Return what the DER ``encoding`` says; Refusal names ``line``, where its PEM block begins."""
    try:
        return _parsed(encoding)
    except UNREADABLE as error:
        reason = clean_text(str(error)) or type(error).__name__
        raise Refusal("certificate.unreadable", line=line, reason=reason[:200]) from None


# Certificates that are imported together share their intermediates.
@lru_cache(maxsize=64)
def _parsed(encoding: bytes) -> Parsed:
    return parsed_of(x509.load_der_x509_certificate(encoding))


def parsed_of(certificate: x509.Certificate) -> Parsed:
    """Return a certificate that was read before with its description; raise what ``UNREADABLE`` has, or Refusal."""
    return Parsed(certificate, _describe(certificate))


def _describe(certificate: x509.Certificate) -> Description:
    algorithm, bits, curve = _key(certificate)
    extensions, fields = certificate.extensions, _fields(certificate)
    _check_encoding(fields)
    common_name = _common_name(certificate.subject)
    names = _alternative_names(extensions)
    serial = f"{certificate.serial_number:x}"
    if len(serial) > LONGEST_SERIAL_DIGITS:
        raise ValueError("the serial number is longer than 32 bytes")
    return Description(
        subject=clean_text(certificate.subject.rfc4514_string()),
        issuer=clean_text(certificate.issuer.rfc4514_string()),
        common_name=common_name[:255],
        serial=serial,
        sha256=hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest(),
        spki_sha256=hashlib.sha256(fields[KEY_FIELD].encoding).hexdigest(),
        key_algorithm=algorithm,
        key_bits=bits,
        curve=curve,
        signature_hash=_signature_hash(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        names=names or _common_name_as_name(common_name),
        has_san=bool(names),
        is_ca=_is_ca(certificate, extensions),
        is_self_signed=_is_self_signed(certificate),
        signs_certificates=_signs_certificates(extensions),
        serves_tls=_serves_tls(extensions),
        is_client=_is_client(extensions),
        subject_key_id=_subject_key_id(certificate).hex(),
        authority_key_id=_authority_key_id(certificate).hex(),
    )


def _key(certificate: x509.Certificate) -> tuple[str, int, str]:
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        if SM2_CURVE_OID in _key_oid(certificate).split():
            return "SM2", 256, "sm2"
        raise Refusal("certificate.key-unsupported", algorithm=_key_oid(certificate)) from None
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size, ""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ECDSA", key.key_size, key.curve.name
    if isinstance(key, dsa.DSAPublicKey):
        return "DSA", key.key_size, ""
    for kind, name, bits in _EDWARDS:
        if isinstance(key, kind):
            return name, bits, ""
    raise Refusal("certificate.key-unsupported", algorithm=_key_oid(certificate))


def public_key_info(certificate: x509.Certificate) -> bytes:
    """Return the SubjectPublicKeyInfo byte for byte; encoding the key again could differ from it."""
    return _fields(certificate)[KEY_FIELD].encoding


def _fields(certificate: x509.Certificate) -> list[der.Element]:
    """Return the fields of what is signed, from the serial number on."""
    fields = der.parse(certificate.tbs_certificate_bytes).children()
    fields = fields[1:] if fields and fields[0].tag == der.EXPLICIT_0 else fields
    if len(fields) <= KEY_FIELD:
        raise der.DerError("no subject public key")
    return fields


def _check_encoding(fields: Sequence[der.Element]) -> None:
    """Refuse what the library here reads and the engine's does not; raise ValueError."""
    for name in (fields[ISSUER_FIELD], fields[SUBJECT_FIELD]):
        if any(part.child(1).tag in TIMES for parts in name.children() for part in parts.children()):
            raise ValueError("a part of a name is a time, where a text should be")
    algorithm, point = fields[KEY_FIELD].child(0), fields[KEY_FIELD].child(1).content
    if algorithm.child(0).oid == EC_KEY_OID and point[1:2] in HYBRID_FORMS:
        raise ValueError("the point of the key is in the hybrid form, which RFC 5480 forbids")


def _key_oid(certificate: x509.Certificate) -> str:
    """Return the object identifiers of the key's algorithm and parameters, the way to tell SM2 from others."""
    try:
        algorithm = der.parse(public_key_info(certificate)).child(0)
        return " ".join(part.oid for part in algorithm.children() if part.tag == der.OBJECT_IDENTIFIER)
    except der.DerError:
        return "?"


def _signature_hash(certificate: x509.Certificate) -> str:
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return certificate.signature_algorithm_oid.dotted_string[:16]
    return algorithm.name.upper() if algorithm else ""


def _common_name(subject: x509.Name) -> str:
    values = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    value = values[-1].value if values else ""
    return clean_text(value if isinstance(value, str) else value.decode("utf-8", "replace"))


def _alternative_names(extensions: x509.Extensions) -> tuple[Name, ...]:
    names = extension_of(extensions, x509.SubjectAlternativeName)
    if names is None:
        return ()
    if len(list(names)) > MOST_NAMES:
        raise Refusal("certificate.too-many-names", limit=MOST_NAMES)
    found = [name for general in names if (name := _name(general))]
    return tuple(dict.fromkeys(found))


def _name(general: x509.GeneralName) -> Name | None:
    if isinstance(general, x509.DNSName):
        return Name("dns", _written(general.value))
    if isinstance(general, x509.IPAddress):
        return Name("ip", str(general.value))
    if isinstance(general, x509.RFC822Name):
        return Name("email", clean_text(general.value).lower()[:LONGEST_NAME])
    if isinstance(general, x509.UniformResourceIdentifier):
        return Name("uri", clean_text(general.value)[:LONGEST_NAME])
    return None


def _written(value: str) -> str:
    """Return a DNS name normalised, or where that fails (``f*.example.com``) as it is, in lower case."""
    try:
        return normalise_name(value)
    except InvalidNameError:
        return clean_text(value).lower()[:LONGEST_NAME]


def _common_name_as_name(common_name: str) -> tuple[Name, ...]:
    if not common_name:
        return ()
    if is_address(common_name):
        return (Name("ip", common_name.lower()),)
    try:
        return (Name("dns", normalise_name(common_name)),)
    except InvalidNameError:
        return (Name("cn", common_name.lower()[:LONGEST_NAME]),)


def _is_ca(certificate: x509.Certificate, extensions: x509.Extensions) -> bool:
    if certificate.version is x509.Version.v1:
        # Old roots have no extensions at all; the engine takes a self-issued one as an authority too.
        return certificate.subject == certificate.issuer
    constraints = extension_of(extensions, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _is_self_signed(certificate: x509.Certificate) -> bool:
    if certificate.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, TypeError):
        return False
    except (UnsupportedAlgorithm, ValueError):
        return _authority_key_id(certificate) in {b"", _subject_key_id(certificate)}
    return True


def _authority_key_id(certificate: x509.Certificate) -> bytes:
    identifier = extension_of(certificate.extensions, x509.AuthorityKeyIdentifier)
    return (identifier and identifier.key_identifier) or b""


def _subject_key_id(certificate: x509.Certificate) -> bytes:
    identifier = extension_of(certificate.extensions, x509.SubjectKeyIdentifier)
    return identifier.digest if identifier else b""


def _signs_certificates(extensions: x509.Extensions) -> bool:
    usage = extension_of(extensions, x509.KeyUsage)
    return usage is None or usage.key_cert_sign


def _serves_tls(extensions: x509.Extensions) -> bool:
    usages = extension_of(extensions, x509.ExtendedKeyUsage)
    return usages is None or not FOR_SERVERS.isdisjoint(usages)


def _is_client(extensions: x509.Extensions) -> bool:
    usages = extension_of(extensions, x509.ExtendedKeyUsage)
    return usages is not None and ExtendedKeyUsageOID.CLIENT_AUTH in usages and FOR_SERVERS.isdisjoint(usages)


def extension_of(extensions: x509.Extensions, kind: type[Extension]) -> Extension | None:
    """Return the extension of a kind; the library's own search costs more, and an exception for each that is absent."""
    return next((each.value for each in extensions if type(each.value) is kind), None)


def clean_text(text: str) -> str:
    """Replace control characters, among them the NUL that no text column takes."""
    return _CONTROL.sub("\ufffd", text)
