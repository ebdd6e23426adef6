"""What authorities and their certificates say (RFC 5280): builders, ready to be signed. Pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from certificates.signing_requests import PublicKey

# Clocks of clients differ: a certificate is valid from a little before it is made.
CLOCK_LEEWAY = dt.timedelta(minutes=5)
AUTHORITY_USAGE = frozenset({"key_cert_sign", "crl_sign", "digital_signature"})
P384_BITS = 384
PURPOSES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where those who rely on an authority's certificates look (URLs)."""

    issuer: str
    crl: str
    ocsp: str


@dataclass(frozen=True, slots=True)
class Life:
    """From when until when a certificate is valid."""

    begin: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class Issuer:
    """What a certificate repeats of the one that signs it."""

    certificate: x509.Certificate
    addresses: Addresses


@dataclass(frozen=True, slots=True)
class Profile:
    """What a leaf says otherwise than its purpose has it; what is None or empty stays as the purpose has it."""

    key_usages: frozenset[str] | None = None  # as ``x509.KeyUsage`` calls them
    extended_usages: Sequence[x509.ObjectIdentifier] = ()
    critical: frozenset[x509.ObjectIdentifier] = frozenset()  # extensions that are made critical
    serial: int | None = None
    attributes: Sequence[x509.NameAttribute[str]] = ()  # of the subject, behind the usual ones


@dataclass(frozen=True, slots=True)
class Use:
    """What a leaf is for: a purpose, and the names that it answers to."""

    purpose: str  # "server" or "client"
    names: Sequence[x509.GeneralName] = ()
    profile: Profile = field(default_factory=Profile)


@dataclass(frozen=True, slots=True)
class Reach:
    """What an authority may sign: how many authorities below it, within which names, and for which uses."""

    path_length: int | None = 0
    constraints: x509.NameConstraints | None = None
    extended_usages: Sequence[x509.ObjectIdentifier] = ()  # empty: for all


def life_of(days: int, now: dt.datetime) -> Life:
    """Return a validity of ``days`` from now."""
    return Life(now - CLOCK_LEEWAY, now + dt.timedelta(days=days))


def build_authority(
    key: PublicKey, subject: x509.Name, life: Life, reach: Reach, issuer: Issuer | None = None
) -> x509.CertificateBuilder:
    """Return a CA certificate: a root, or with ``issuer`` a subordinate."""
    builder = _builder(key, subject, issuer.certificate.subject if issuer else subject, life)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=reach.path_length), critical=True)
    builder = builder.add_extension(_key_usage(AUTHORITY_USAGE), critical=True)
    if reach.constraints:
        builder = builder.add_extension(reach.constraints, critical=True)
    if reach.extended_usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(reach.extended_usages), critical=False)
    return _issued_by(builder, issuer) if issuer else builder


def build_leaf(key: PublicKey, subject: x509.Name, life: Life, issuer: Issuer, use: Use) -> x509.CertificateBuilder:
    """Return a server or client certificate."""
    profile = use.profile
    builder = _builder(key, subject, issuer.certificate.subject, life, profile.serial)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(_leaf_usages(key, profile)), critical=True)
    extended = x509.ExtendedKeyUsage(profile.extended_usages or [PURPOSES[use.purpose]])
    builder = builder.add_extension(extended, critical=extended.oid in profile.critical)
    if use.names:
        names = x509.SubjectAlternativeName(use.names)
        # A certificate without a subject must have its names read (RFC 5280, section 4.2.1.6).
        builder = builder.add_extension(names, critical=names.oid in profile.critical or not list(subject))
    return _issued_by(builder, issuer)


def build_responder(key: PublicKey, subject: x509.Name, life: Life, issuer: Issuer) -> x509.CertificateBuilder:
    """Return a certificate that answers OCSP for ``issuer`` and is not itself asked about (RFC 6960, 4.2.2.2.1)."""
    builder = _builder(key, subject, issuer.certificate.subject, life)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(frozenset({"digital_signature"})), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return builder.add_extension(key_identifier_of(issuer.certificate), critical=False)


def hash_for(key: SigningKey) -> hashes.SHA256 | hashes.SHA384 | None:
    """Return the hash that goes with a key; Ed25519 has its own."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    is_long = isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size >= P384_BITS
    return hashes.SHA384() if is_long else hashes.SHA256()


def key_identifier_of(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Return how what ``issuer`` signs names its key."""
    try:
        found = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        key = issuer.public_key()
        if not isinstance(key, PublicKey):
            raise TypeError(f"an authority with a {type(key).__name__}") from None
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found)


def extended_usages_of(certificate: x509.Certificate) -> Sequence[x509.ObjectIdentifier]:
    """Return the extended key usages in a certificate, none where it is for all."""
    try:
        return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return []


def _leaf_usages(key: PublicKey, profile: Profile) -> frozenset[str]:
    if profile.key_usages is not None:
        return profile.key_usages
    return frozenset({"digital_signature"} | ({"key_encipherment"} if isinstance(key, rsa.RSAPublicKey) else set()))


def _builder(
    key: PublicKey, subject: x509.Name, issuer: x509.Name, life: Life, serial: int | None = None
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(life.begin)
        .not_valid_after(life.end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _issued_by(builder: x509.CertificateBuilder, issuer: Issuer) -> x509.CertificateBuilder:
    """Say who signs, where its certificate and its list are, and who answers whether this one is revoked."""
    addresses = issuer.addresses
    access = [
        x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(addresses.ocsp)),
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(addresses.issuer)
        ),
    ]
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(addresses.crl)], None, None, None)
    return (
        builder.add_extension(key_identifier_of(issuer.certificate), critical=False)
        .add_extension(x509.AuthorityInformationAccess(access), critical=False)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
    )


def _key_usage(allowed: frozenset[str]) -> x509.KeyUsage:
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{usage: usage in allowed for usage in every})
