"""The chain of a certificate, drawn: the leaf, its intermediates, and the root where the repository has met it."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from certificates.models import CertificateVersion, Issuer

Place = Literal["leaf", "intermediate", "root"]
MOST_OF_A_NAME = 10


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate of a chain, and where it stands in it."""

    place: Place
    subject: str
    issuer: str
    not_after: dt.datetime
    sha256: str

    @property
    def is_self_issued(self) -> bool:
        """Whether it names itself as its issuer."""
        return self.subject == self.issuer


def drawn_chain(version: CertificateVersion) -> list[Link]:
    """Return the links from the leaf upwards; the root last, if it is known."""
    certificates = x509.load_pem_x509_certificates((version.leaf_pem + version.chain_pem).encode())
    links = [_link(one, "intermediate" if number else "leaf") for number, one in enumerate(certificates)]
    root = _root_above(certificates[-1])
    return [*links, _link(root, "root")] if root else links


def others_trusted(version: CertificateVersion) -> list[Link]:
    """Return what is trusted beside a CA certificate."""
    others = x509.load_pem_x509_certificates(version.chain_pem.encode()) if version.chain_pem else []
    return [_link(one, "root" if one.subject == one.issuer else "intermediate") for one in others]


def _root_above(top: x509.Certificate) -> x509.Certificate | None:
    """Return the self-signed issuer of ``top`` among those that the repository has met."""
    if top.subject == top.issuer:
        return None
    digest = hashlib.sha256(top.issuer.rfc4514_string().encode()).hexdigest()
    pems = Issuer.objects.filter(subject_sha256=digest).order_by("sha256").values_list("pem", flat=True)
    known = (x509.load_pem_x509_certificate(pem.encode()) for pem in pems[:MOST_OF_A_NAME])
    return next((one for one in known if one.subject == one.issuer and _has_issued(one, top)), None)


def _has_issued(issuer: x509.Certificate, top: x509.Certificate) -> bool:
    try:
        top.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
    return True


def _link(certificate: x509.Certificate, place: Place) -> Link:
    return Link(
        place=place,
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        not_after=certificate.not_valid_after_utc,
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
    )
