"""How the certificate services write what a certificate says: algorithms, names, moments, fingerprints. Pure."""

import datetime as dt
import json
from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

# The words of the services for what the repository calls RSA, ECDSA and so on.
ALGORITHMS = {"RSA": "RSA", "ECDSA": "ECC", "SM2": "SM2"}
_DN_PARTS = (
    ("C", NameOID.COUNTRY_NAME),
    ("O", NameOID.ORGANIZATION_NAME),
    ("OU", NameOID.ORGANIZATIONAL_UNIT_NAME),
    ("L", NameOID.LOCALITY_NAME),
    ("ST", NameOID.STATE_OR_PROVINCE_NAME),
    ("CN", NameOID.COMMON_NAME),
)
_SAN_TYPES: tuple[tuple[type[x509.GeneralName], int], ...] = (
    (x509.RFC822Name, 1),
    (x509.DNSName, 2),
    (x509.UniformResourceIdentifier, 6),
    (x509.IPAddress, 7),
)


def algorithm_word(key_algorithm: str) -> str:
    """Return the service's word for an algorithm of the repository."""
    return ALGORITHMS.get(key_algorithm, key_algorithm)


def full_algorithm_word(key_algorithm: str, key_bits: int) -> str:
    """Return an algorithm with its size: ``RSA_2048``, ``ECC_256``."""
    return f"{algorithm_word(key_algorithm)}_{key_bits}"


def signature_word(certificate: x509.Certificate) -> str:
    """Return what a certificate is signed with: ``SHA256WITHRSA``; empty where that has no such name."""
    try:
        used = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""
    oid_name = certificate.signature_algorithm_oid._name  # noqa: SLF001  # the only name that the library has
    kind = "ECDSA" if "ecdsa" in oid_name.lower() else "RSA"
    return f"{used.name.upper()}WITH{kind}" if used else oid_name.upper()


def subject_part(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    """Return the last part of a kind in a name, empty without one."""
    found = name.get_attributes_for_oid(oid)
    return _text(found[-1].value) if found else ""


def distinguished_name_word(name: x509.Name) -> str:
    """Return a subject as the services write it: ``C=CN,O=…,OU=…,L=…,ST=…,CN=…``."""
    return ",".join(f"{label}={value}" for label, oid in _DN_PARTS if (value := subject_part(name, oid)))


def issuer_word(certificate: x509.Certificate) -> str:
    """Return who issued a certificate: its organization, else its common name."""
    issuer = certificate.issuer
    return subject_part(issuer, NameOID.ORGANIZATION_NAME) or subject_part(issuer, NameOID.COMMON_NAME)


def sans_word(certificate: x509.Certificate) -> str:
    """Return the alternative names as a JSON array of ``{"Type": …, "Value": …}``, empty without any."""
    entries = [
        {"Type": number, "Value": str(name.value)}
        for name in alternative_names(certificate)
        for kind, number in _SAN_TYPES
        if isinstance(name, kind)
    ]
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":")) if entries else ""


def alternative_names(certificate: x509.Certificate) -> list[x509.GeneralName]:
    """Return the subject alternative names of a certificate."""
    try:
        return list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []


def sha1(certificate: x509.Certificate) -> str:
    """Return the fingerprint that the services call Fingerprint: SHA-1, upper case."""
    return certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303  # what clients compare with


def md5(certificate: x509.Certificate) -> str:
    """Return the MD5 fingerprint, lower case."""
    return certificate.fingerprint(hashes.MD5()).hex()  # noqa: S303


def milliseconds(moment: dt.datetime) -> int:
    """Return a moment in milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def milliseconds_text(moment: dt.datetime | None) -> str:
    """Return a moment in milliseconds since 1970 as a text, empty for none."""
    return str(milliseconds(moment)) if moment else ""


def day(moment: dt.datetime) -> str:
    """Return a day: ``2026-11-21``."""
    return f"{moment:%Y-%m-%d}"


def minute(moment: dt.datetime) -> str:
    """Return a moment as the private authority service writes it in texts: ``2026-11-21T20:15Z``."""
    return f"{moment:%Y-%m-%dT%H:%MZ}"


def years_between(begin: dt.datetime, end: dt.datetime) -> int:
    """Return the whole years from one moment to another, the nearest number of them."""
    return round((end - begin).days / 365.25)


def listed(text: str) -> list[str]:
    """Return what stands between commas, each once, without empty ones."""
    return list(dict.fromkeys(part for each in text.replace("，", ",").split(",") if (part := each.strip())))


def joined(values: Iterable[str]) -> str:
    """Return values with commas between them."""
    return ",".join(values)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
