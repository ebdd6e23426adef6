"""The certificate that answers TLS-ALPN-01 (RFC 8737): self-signed, with a hash of the key authorization. Pure."""

import datetime as dt
import hashlib
import ipaddress
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

from certificates.matching import is_address
from renewals.keys import key_pem

ALPN = "acme-tls/1"
ACME_IDENTIFIER = ObjectIdentifier("1.3.6.1.5.5.7.1.31")  # RFC 8737, section 6.1
LIFE = dt.timedelta(days=7)
BACKDATED = dt.timedelta(hours=1)  # clocks differ


@dataclass(frozen=True, slots=True)
class ChallengeCertificate:
    """A certificate that proves one name, with its key."""

    pem: str
    sha256: str
    key_pem: bytes = field(repr=False)


def server_name(host: str) -> str:
    """Return the server name that the ACME server asks for: of an address its reverse name (RFC 8738, section 6)."""
    return ipaddress.ip_address(host).reverse_pointer if is_address(host) else host


def challenge_certificate(host: str, key_authorization: str) -> ChallengeCertificate:
    """Make the certificate that answers for ``host``."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ACME challenge")])
    digest = hashlib.sha256(key_authorization.encode()).digest()
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(issuer_name=subject, subject_name=subject, public_key=key.public_key())
    certificate = (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
        # An OCTET STRING of 32 bytes in DER: tag 4, length 32.
        .add_extension(x509.UnrecognizedExtension(ACME_IDENTIFIER, b"\x04\x20" + digest), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return ChallengeCertificate(pem, certificate.fingerprint(hashes.SHA256()).hex(), key_pem(key))


def _general_name(host: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(host)) if is_address(host) else x509.DNSName(host)
