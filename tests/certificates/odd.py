"""Server certificates that are in order, but for one thing."""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

from certificates.parsing.bundles import Upload, read_bundle
from tests.certs import DAY, Issued, make_ca

AUTHORITY = make_ca()
USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def key_usage(**usages: bool) -> x509.KeyUsage:
    """Return a key usage that allows only what is named."""
    return x509.KeyUsage(**{**dict.fromkeys(USAGES, False), **usages})


def odd_leaf(*extensions: x509.ExtensionType, key: CertificateIssuerPrivateKeyTypes) -> Issued:
    """Make a certificate for odd.test with these extensions."""
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("odd.test")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "odd.test")]))
        .issuer_name(AUTHORITY.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + 30 * DAY)
    )
    for extension in (names, *extensions):
        builder = builder.add_extension(extension, critical=False)
    return Issued(builder.sign(AUTHORITY.key, hashes.SHA256()), key)


def codes(issued: Issued) -> set[str]:
    """Return what the import says of a certificate with its key."""
    return {finding.code for finding in read_bundle(Upload("server", issued.pem, issued.key_pem)).findings}
