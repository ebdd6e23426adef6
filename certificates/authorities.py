"""Private certificate authorities: a CA certificate whose sealed key the repository keeps, and what they issue."""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.bundles import Bundle, Upload, read_bundle
from certificates.keys import open_private_key
from certificates.matching import InvalidNameError, is_address, normalise_name
from certificates.models import Certificate, CertificateVersion, Kind
from certificates.selectors import certificate_by_id
from certificates.services import NewCertificate, store_bundles
from console.errors import ConflictError, InvalidInputError
from events.actor import Actor

LONGEST_COMMON_NAME = 64  # RFC 5280, ub-common-name
LONGEST_LIFE_DAYS = 36_500
MOST_NAMES = 100
# Clocks of clients differ: a certificate is valid from a little before it is made.
CLOCK_LEEWAY = dt.timedelta(minutes=5)
ISSUING_USAGE = {"key_cert_sign", "crl_sign", "digital_signature"}
SERVING_USAGE = {"digital_signature"}

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def create_authority(actor: Actor, *, name: str, common_name: str, days: int) -> Certificate:
    """Make a root with a fresh P-256 key and store it as a CA certificate that can issue."""
    _check_days(days)
    common_name = _checked_common_name(common_name)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        _builder(key.public_key(), subject, subject, timezone.now() + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(ISSUING_USAGE), critical=True)
    )
    pem = _pem(builder.sign(key, hashes.SHA256()))
    bundle = replace(read_bundle(Upload(Kind.CA, pem)), key_pem=_key_pem(key))
    return _store(actor, Kind.CA, name, bundle)


def issue_server_certificate(
    actor: Actor, *, authority_id: str, name: str, names: Sequence[str], days: int
) -> Certificate:
    """Make and store a server certificate for ``names`` (DNS names and IP addresses), signed by an authority."""
    _check_days(days)
    general_names = _general_names(names)
    authority, issuer_key = _open_authority(authority_id)
    not_after = timezone.now() + dt.timedelta(days=days)
    if not_after > authority.not_valid_after_utc:
        raise _outlives(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(general_names[0].value)[:LONGEST_COMMON_NAME])])
    builder = (
        _builder(key.public_key(), subject, authority.subject, not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(SERVING_USAGE), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(general_names), critical=False)
        .add_extension(_authority_key_identifier(authority), critical=False)
    )
    leaf = builder.sign(issuer_key, None if isinstance(issuer_key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    # The root goes along so that the chain is known to be whole; it is not kept in it.
    bundle = read_bundle(Upload(Kind.SERVER, _pem(leaf) + _pem(authority), _key_pem(key)))
    findings = tuple(finding for finding in bundle.findings if finding.code != "chain.root-dropped")
    return _store(actor, Kind.SERVER, name, replace(bundle, findings=findings))


def _store(actor: Actor, kind: Kind, name: str, bundle: Bundle) -> Certificate:
    (stored,) = store_bundles(actor, [NewCertificate(kind, name, b"")], [bundle])
    return stored.certificate


def _open_authority(authority_id: str) -> tuple[x509.Certificate, SigningKey]:
    authority = certificate_by_id(authority_id)
    version = authority.current_version
    if authority.kind != Kind.CA or version is None or not _has_key(version):
        raise ConflictError(
            _("“%(name)s” cannot issue certificates: its private key is not in the repository.")
            % {"name": authority.name},
            "authority.no-key",
            field="authority_id",
            way_out=_("Choose an authority that was created here."),
        )
    key = serialization.load_pem_private_key(open_private_key(version.pk), None)
    if not isinstance(key, SigningKey):
        raise TypeError(f"an authority with a {type(key).__name__}")
    return x509.load_pem_x509_certificate(version.leaf_pem.encode()), key


def _has_key(version: CertificateVersion) -> bool:
    return hasattr(version, "key")


def _check_days(days: int) -> None:
    if not 0 < days <= LONGEST_LIFE_DAYS:
        raise InvalidInputError(
            _("A certificate is valid for 1 to %(limit)s days.") % {"limit": LONGEST_LIFE_DAYS},
            "authority.days",
            field="days",
        )


def _checked_common_name(text: str) -> str:
    common_name = text.strip()
    if not common_name or len(common_name) > LONGEST_COMMON_NAME or not common_name.isprintable():
        raise InvalidInputError(
            _("The common name must have 1 to %(limit)s printable characters.") % {"limit": LONGEST_COMMON_NAME},
            "authority.common-name",
            field="common_name",
        )
    return common_name


def _general_names(names: Sequence[str]) -> list[x509.DNSName | x509.IPAddress]:
    distinct = list(dict.fromkeys(names))
    if not 0 < len(distinct) <= MOST_NAMES:
        raise InvalidInputError(
            _("A certificate needs 1 to %(limit)s names.") % {"limit": MOST_NAMES}, "authority.names", field="names"
        )
    return [_general_name(name) for name in distinct]


def _general_name(name: str) -> x509.DNSName | x509.IPAddress:
    if is_address(name.strip()):
        return x509.IPAddress(ipaddress.ip_address(name.strip()))
    try:
        return x509.DNSName(normalise_name(name))
    except InvalidNameError:
        raise InvalidInputError(
            _("“%(name)s” is neither a host name nor an IP address.") % {"name": name[:100]},
            "authority.name-invalid",
            field="names",
            way_out=_("A wildcard may stand for the whole first label only, such as *.example.com."),
        ) from None


def _outlives(authority: x509.Certificate) -> InvalidInputError:
    return InvalidInputError(
        _("The certificate would outlive its authority, which ends on %(moment)s.")
        % {"moment": f"{authority.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"},
        "authority.outlived",
        field="days",
        way_out=_("Choose fewer days."),
    )


def _builder(
    key: ec.EllipticCurvePublicKey, subject: x509.Name, issuer: x509.Name, not_after: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(timezone.now() - CLOCK_LEEWAY)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(allowed: set[str]) -> x509.KeyUsage:
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{usage: usage in allowed for usage in every})


def _authority_key_identifier(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
