"""What the answers of the private authority service say of a certificate."""

from typing import Any

from cryptography.x509.oid import NameOID

from authorities.models import Authority, IssuedCertificate
from certificates.models import Kind
from cloudapi import certificate_words as words
from cloudapi.certificate_rows import Shown
from cloudapi.identifiers import identifier

ISSUED, REVOKED = "ISSUE", "REVOKE"
DAYS_OF_YEAR = 365.25


def issued_of(one: Shown) -> IssuedCertificate | None:
    """Return what the authority keeps of a certificate that was issued here."""
    issued: IssuedCertificate | None = getattr(one.version, "issued", None)
    return issued


def authority_of(one: Shown) -> Authority | None:
    """Return the authority that a CA certificate is the own one of."""
    authority: Authority | None = getattr(one.certificate, "authority", None)
    return authority


def common_facts(one: Shown) -> dict[str, Any]:
    """Return what every answer says, but for its moments."""
    certificate, subject = one.x509, one.x509.subject
    return {
        "Identifier": identifier(one.number),
        "SerialNumber": one.version.serial,
        "SubjectDN": words.distinguished_name_word(subject),
        "CommonName": words.subject_part(subject, NameOID.COMMON_NAME),
        "OrganizationUnit": words.subject_part(subject, NameOID.ORGANIZATIONAL_UNIT_NAME),
        "Organization": words.subject_part(subject, NameOID.ORGANIZATION_NAME),
        "Locality": words.subject_part(subject, NameOID.LOCALITY_NAME),
        "State": words.subject_part(subject, NameOID.STATE_OR_PROVINCE_NAME),
        "CountryCode": words.subject_part(subject, NameOID.COUNTRY_NAME),
        "Sans": words.sans_word(certificate),
        "Status": status_of(one),
        "Algorithm": words.algorithm_word(one.version.key_algorithm),
        "KeySize": one.version.key_bits,
        "SignAlgorithm": words.signature_word(certificate),
        "CertificateType": type_of(one),
        "ParentIdentifier": parent_of(one),
        "Sha2": one.version.sha256,
        "Md5": words.md5(certificate),
    }


def with_moments(one: Shown) -> dict[str, Any]:
    """Return the common facts, the certificate itself, and its moments in milliseconds."""
    return {
        **common_facts(one),
        "X509Certificate": one.version.leaf_pem,
        "BeforeDate": words.milliseconds(one.x509.not_valid_before_utc),
        "AfterDate": words.milliseconds(one.x509.not_valid_after_utc),
    }


def years_of(one: Shown) -> int:
    """Return for how many years a certificate is valid in all."""
    return words.years_between(one.x509.not_valid_before_utc, one.x509.not_valid_after_utc)


def days_of(one: Shown) -> int:
    """Return for how many days a certificate is valid in all."""
    return (one.x509.not_valid_after_utc - one.x509.not_valid_before_utc).days


def status_of(one: Shown) -> str:
    """Return ISSUE or REVOKE."""
    issued = issued_of(one)
    return REVOKED if issued and issued.revoked_at else ISSUED


def type_of(one: Shown) -> str:
    """Return ROOT, SUB_ROOT, SERVER or CLIENT."""
    if one.certificate.kind == Kind.CA:
        return "ROOT" if one.x509.subject == one.x509.issuer else "SUB_ROOT"
    return "SERVER" if one.certificate.kind == Kind.SERVER else "CLIENT"


def parent_of(one: Shown) -> str:
    """Return the identifier of the authority that signed a certificate, empty for a root and a stranger."""
    return identifier(one.parent) if one.parent else ""
