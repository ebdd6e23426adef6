"""Certificates made in-process, real in every respect."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = dt.timedelta(days=1)


@cache
def rsa_key(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    """Return an RSA key, made once a run for each size and number, by whichever process needs it first."""
    shared = os.environ.get("TESTS_SHARED_DIR")
    if shared is None:
        return rsa.generate_private_key(65537, bits)
    path = Path(shared, f"rsa-{bits}-{number}.pem")
    if not path.exists():
        made = Path(f"{path}.{os.getpid()}")
        made.write_bytes(
            rsa.generate_private_key(65537, bits).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        made.rename(path)  # whole, or not there
    key = serialization.load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def ecdsa_key() -> ec.EllipticCurvePrivateKey:
    """Return a fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key and the certificates above it, issuer first (root last)."""

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes
    issuers: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def chain_pem(self) -> bytes:
        """The certificate and its intermediates, without a self-signed root."""
        above = [c for c in self.issuers if c.issuer != c.subject]
        return self.pem + b"".join(c.public_bytes(serialization.Encoding.PEM) for c in above)

    @property
    def key_pem(self) -> bytes:
        """The key, PKCS#8 and unencrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def encrypted_key_pem(self, passphrase: str) -> bytes:
        """The key, PKCS#8 and encrypted."""
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    @property
    def sha256(self) -> str:
        """The fingerprint in lower-case hexadecimal."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def make_ca(
    common_name: str = "Test Root",
    *,
    issuer: Issued | None = None,
    key: CertificateIssuerPrivateKeyTypes | None = None,
    not_before: dt.datetime | None = None,
    not_after: dt.datetime | None = None,
) -> Issued:
    """Make a root, or with ``issuer`` an intermediate."""
    key = key or ecdsa_key()
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(issuer.certificate.subject if issuer else _name(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before or now - DAY)
        .not_valid_after(not_after or now + 3650 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    signed = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    return Issued(signed, key, (issuer.certificate, *issuer.issuers) if issuer else ())


def make_leaf(
    *names: str,
    issuer: Issued | None = None,
    key: CertificateIssuerPrivateKeyTypes | None = None,
    client: bool = False,
    not_before: dt.datetime | None = None,
    not_after: dt.datetime | None = None,
    hash_algorithm: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None = None,
) -> Issued:
    """Make a server (or client) certificate for ``names``; self-signed without ``issuer``."""
    names = names or ("www.example.test",)
    key = key or ecdsa_key()
    now = dt.datetime.now(dt.UTC)
    usage = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(names[0][:64]))
        .issuer_name(issuer.certificate.subject if issuer else _name(names[0][:64]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before or now - DAY)
        .not_valid_after(not_after or now + 90 * DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
    )
    signed = builder.sign(issuer.key if issuer else key, hash_algorithm or hashes.SHA256())
    return Issued(signed, key, (issuer.certificate, *issuer.issuers) if issuer else ())


def make_list(
    issuer: Issued,
    *revoked: Issued,
    number: int | None = 1,
    this_update: dt.datetime | None = None,
    next_update: dt.datetime | None = None,
    extensions: tuple[x509.Extension[x509.ExtensionType], ...] = (),
) -> bytes:
    """Make a revocation list (DER) of ``issuer`` that names the ``revoked`` certificates."""
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(this_update or now - dt.timedelta(minutes=5))
        .next_update(next_update or now + DAY)
    )
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    for leaf in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(leaf.certificate.serial_number).revocation_date(now)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
