"""Whose lists a CA certificate may carry: its authorities, and those that the repository knows below them."""

from collections.abc import Iterable, Iterator, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from django.db.models import QuerySet

from certificates.models import Certificate, CertificateVersion, Kind
from certificates.parsing.x509 import clean_text

MOST_LEVELS = 10


def bundle_of(certificate: Certificate) -> list[x509.Certificate]:
    """Return the authorities whose clients ``certificate`` lets in, in its order."""
    version = certificate.current_version
    return authorities_of(version) if version else []


def authorities_of(version: CertificateVersion) -> list[x509.Certificate]:
    """Return the certificates of a CA certificate's version."""
    return x509.load_pem_x509_certificates(f"{version.leaf_pem.rstrip()}\n{version.chain_pem}".encode())


def list_issuers(certificate: Certificate) -> list[x509.Certificate]:
    """Return the authorities whose lists ``certificate`` may carry.

    Clients may come with an intermediate certificate of their own, so the lists of the authorities below count too,
    as far as the repository has their CA certificates.
    """
    found = bundle_of(certificate)
    level = list(found)
    for _depth in range(MOST_LEVELS):
        level = [each for each in _issued_by(level) if each not in found]
        if not level:
            break
        found.extend(level)
    return found


def holders_of(certificate: Certificate) -> list[Certificate]:
    """Return ``certificate`` and the CA certificates of the authorities above it: their listeners meet its clients."""
    holders = [certificate]
    level = bundle_of(certificate)[:1]
    for _depth in range(MOST_LEVELS):
        above = [row for row in _above(level) if row not in holders]
        if not above:
            break
        holders.extend(above)
        level = [bundle_of(row)[0] for row in above]
    return holders


def _issued_by(issuers: Sequence[x509.Certificate]) -> Iterator[x509.Certificate]:
    names = {_name(issuer.subject) for issuer in issuers}
    for row in _ca_certificates().filter(current_version__issuer__in=names):
        authority = bundle_of(row)[0]
        if any(is_issued_by(authority, issuer) for issuer in issuers):
            yield authority


def _above(children: Iterable[x509.Certificate]) -> Iterator[Certificate]:
    for child in children:
        for row in _ca_certificates().filter(current_version__subject=_name(child.issuer)):
            if is_issued_by(child, bundle_of(row)[0]):
                yield row


def _ca_certificates() -> "QuerySet[Certificate]":
    return Certificate.objects.filter(kind=Kind.CA, current_version__isnull=False).select_related("current_version")


def is_issued_by(child: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether ``issuer`` has the issuer's name and made the signature."""
    if child.issuer != issuer.subject:
        return False
    try:
        child.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
    return True


def pem_of(certificate: x509.Certificate) -> str:
    """Return the certificate alone, in PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()


def _name(name: x509.Name) -> str:
    return clean_text(name.rfc4514_string())
