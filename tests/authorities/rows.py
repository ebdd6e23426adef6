"""Authorities and what they issue, made by the services."""

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from authorities.models import Authority
from authorities.orders import Order
from authorities.services import NewAuthority, create_authority, issue_certificate
from certificates.keys import open_private_key
from certificates.models import Certificate, CertificateVersion
from certificates.services import Imported
from certificates.subjects import Subject
from tests.certificates.repository import ALICE
from tests.certs import Issued


def make_root(common_name: str = "Test Root", **options: Any) -> Authority:
    """Create a root."""
    return create_authority(ALICE, NewAuthority(Subject(common_name=common_name), **options))


def make_subordinate(parent: Authority, common_name: str = "Test Sub", days: int = 365, **options: Any) -> Authority:
    """Create a subordinate of a year."""
    subject = Subject(common_name=common_name)
    return create_authority(ALICE, NewAuthority(subject, parent_id=parent.pk, days=days, **options))


def issue_server(authority: Authority, *names: str, name: str = "", **options: Any) -> Imported:
    """Issue a server certificate."""
    return issue_certificate(ALICE, authority.pk, Order(names=names or ("www.example.test",), **options), name=name)


def issue_client(authority: Authority, common_name: str = "alice", **options: Any) -> Imported:
    """Issue a client certificate."""
    order = Order("client", subject=Subject(common_name=common_name), **options)
    return issue_certificate(ALICE, authority.pk, order)


def x509_of(certificate: Certificate) -> x509.Certificate:
    """Return the current version, parsed."""
    assert certificate.current_version is not None
    return x509.load_pem_x509_certificate(certificate.current_version.leaf_pem.encode())


def issued_of(version: CertificateVersion) -> Issued:
    """Return an issued certificate as its holder has it: with its key and the authorities above it."""
    key = serialization.load_pem_private_key(open_private_key(version.pk), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    leaf, *above = x509.load_pem_x509_certificates(f"{version.leaf_pem}\n{version.chain_pem}".encode())
    return Issued(leaf, key, tuple(above))
