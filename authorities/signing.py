"""Open an authority's key and sign with it: certificates, lists, responders."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from django.utils import timezone
from django.utils.translation import gettext as _

from authorities.addresses import addresses_of
from authorities.building import Issuer, SigningKey, hash_for
from authorities.lists import Edition, Entry, build_list
from authorities.models import Authority
from authorities.selectors import current_version, is_revoked, line_of, x509_of
from certificates.keys import unseal
from certificates.models import SealedKey
from certificates.parsing.bundles import Bundle, Link
from certificates.parsing.x509 import read_certificate
from console.errors import ConflictError


@dataclass(frozen=True, slots=True)
class Signer:
    """An authority ready to sign: its key, and the certificates from itself up to its root."""

    authority: Authority
    key: SigningKey
    line: tuple[x509.Certificate, ...]

    @property
    def certificate(self) -> x509.Certificate:
        """The authority's own certificate."""
        return self.line[0]

    @property
    def issuer(self) -> Issuer:
        """What certificates repeat of the authority."""
        return Issuer(self.certificate, addresses_of(self.authority.pk))

    def sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        """Sign a certificate."""
        return builder.sign(self.key, hash_for(self.key))

    def revocation_list(self, edition: Edition, entries: Iterable[Entry]) -> x509.CertificateRevocationList:
        """Sign a revocation list."""
        return build_list(self.certificate, self.key, edition, entries)

    def bundle(self, leaf: x509.Certificate, key_pem: bytes | None) -> Bundle:
        """Return a signed certificate with its chain, the root left out, as the repository stores it."""
        chain = tuple(_link_above(above) for above in self.line if above.issuer != above.subject)
        return Bundle(link_of(leaf), chain, key_pem, ())


def open_signer(authority: Authority) -> Signer:
    """Return an authority ready to sign; raise ConflictError without its key or after its end."""
    version = current_version(authority)
    if version.not_after <= timezone.now():
        raise ConflictError(
            _("The authority “%(name)s” has expired.") % {"name": authority.certificate.name},
            "authority.expired",
            field="authority_id",
            way_out=_("Renew its certificate, or create another authority."),
        )
    return Signer(authority, open_key(authority), tuple(x509_of(above) for above in line_of(authority)))


def open_issuer(authority: Authority) -> Signer:
    """Return an authority ready to sign certificates; raise ConflictError where it, or one above it, is revoked.

    Such a one still signs lists: they say what else is revoked.
    """
    refuse_revoked(authority)
    return open_signer(authority)


def open_key(authority: Authority) -> SigningKey:
    """Return an authority's private key; raise ConflictError when it is not in the repository."""
    # A version that was made of the same key may have come without it.
    sealed = SealedKey.objects.filter(
        version__certificate=authority.certificate, version__spki_sha256=current_version(authority).spki_sha256
    ).first()
    if sealed is None:
        raise _without_key(authority)
    key = serialization.load_pem_private_key(unseal(sealed.token), None)
    if not isinstance(key, SigningKey):
        raise TypeError(f"an authority with a {type(key).__name__}")
    return key


def refuse_revoked(authority: Authority) -> None:
    """Raise ConflictError where the authority or one above it is revoked: nobody would accept what it signs."""
    for member in line_of(authority):
        if is_revoked(member):
            raise ConflictError(
                _("The authority “%(name)s” is revoked; nobody accepts what it, or one below it, signs.")
                % {"name": member.certificate.name},
                "authority.revoked",
                field="authority_id",
                way_out=_("Create another authority."),
            )


def link_of(certificate: x509.Certificate) -> Link:
    """Return a certificate that was signed here with what it says."""
    parsed = read_certificate(certificate.public_bytes(serialization.Encoding.DER), 1)
    return Link(parsed.pem, parsed.description)


# Many certificates are signed below the same few authorities.
_link_above = lru_cache(maxsize=100)(link_of)


def key_pem_of(key: SigningKey) -> bytes:
    """Return a key as the repository seals it: PKCS #8."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _without_key(authority: Authority) -> ConflictError:
    return ConflictError(
        _("“%(name)s” cannot issue certificates: its private key is not in the repository.")
        % {"name": authority.certificate.name},
        "authority.no-key",
        field="authority_id",
        way_out=_("Roll its certificate back to the version that was created here."),
    )
