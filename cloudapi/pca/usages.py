"""Uses of keys and kinds of names: the words of the private authority service, and what certificates have. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

EXTENDED_USAGES = {
    "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "serverAuth": ExtendedKeyUsageOID.SERVER_AUTH,
    "clientAuth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "codeSigning": ExtendedKeyUsageOID.CODE_SIGNING,
    "emailProtection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "timeStamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "OCSPSigning": ExtendedKeyUsageOID.OCSP_SIGNING,
    "smartcardLogon": ExtendedKeyUsageOID.SMARTCARD_LOGON,
}
KEY_USAGES = {
    "DigitalSignature": "digital_signature",
    "ContentCommitment": "content_commitment",
    "NonRepudiation": "content_commitment",
    "KeyEncipherment": "key_encipherment",
    "DataEncipherment": "data_encipherment",
    "KeyAgreement": "key_agreement",
    "EncipherOnly": "encipher_only",
    "DecipherOnly": "decipher_only",
}
EXTENSIONS = {
    "ExtendedKeyUsages": x509.ExtendedKeyUsage.oid,
    "ExtendedKeyUsage": x509.ExtendedKeyUsage.oid,
    "SubjectAlternativeNames": x509.SubjectAlternativeName.oid,
    "SubjectAlternativeName": x509.SubjectAlternativeName.oid,
    "KeyUsage": x509.KeyUsage.oid,
}
NAME_TYPES = ("rfc822Name", "dNSName", "uniformResourceIdentifier", "iPAddress")


def extended_usages(given: Sequence[str]) -> list[x509.ObjectIdentifier]:
    """Return the object identifiers of extended key usages."""
    return list(dict.fromkeys(EXTENDED_USAGES[word] for word in given))


def key_usages(given: Mapping[str, Any] | None) -> frozenset[str] | None:
    """Return the key usages that are switched on, None where none are given at all."""
    return frozenset(KEY_USAGES[word] for word, is_on in given.items() if is_on) if given else None


def extension_ids(given: Sequence[str]) -> frozenset[x509.ObjectIdentifier]:
    """Return the object identifiers of extensions."""
    return frozenset(EXTENSIONS[word] for word in given)
