"""Create roots and subordinates."""

import ipaddress
from typing import Any

import pytest
from cryptography import x509

from authorities.models import Authority, IssuedCertificate
from authorities.services import NewAuthority, create_authority
from certificates.keys import open_private_key
from certificates.models import Certificate
from certificates.services import delete_certificate, import_certificate, replace_certificate
from certificates.subjects import Subject
from console.errors import ConflictError, InvalidInputError, NotFoundError
from events.models import Change
from tests.authorities.rows import make_root, make_subordinate, x509_of
from tests.certificates.repository import ALICE
from tests.certs import make_ca

pytestmark = pytest.mark.django_db


def test_an_authority_is_a_ca_certificate_with_a_sealed_key() -> None:
    authority = make_root("Sample Root", name="Sample CA")
    certificate = authority.certificate
    assert (certificate.kind, certificate.name) == ("ca", "Sample CA")
    assert certificate.current_version is not None
    assert certificate.current_version.common_name == "Sample Root"
    assert b"BEGIN PRIVATE KEY" in open_private_key(certificate.current_version.pk)
    constraints = x509_of(certificate).extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    assert Change.objects.filter(kind="authority.created", object_id=authority.pk).exists()


def test_a_full_subject_is_written_from_the_widest_part_to_the_narrowest() -> None:
    subject = Subject("Root", "Shop AG", "IT", "de", "Bayern", "München", "ca@shop.test")
    authority = create_authority(ALICE, NewAuthority(subject))
    version = authority.certificate.current_version
    assert version is not None
    assert version.subject == "1.2.840.113549.1.9.1=ca@shop.test,CN=Root,OU=IT,O=Shop AG,L=München,ST=Bayern,C=DE"


@pytest.mark.parametrize(
    ("key_type", "algorithm", "bits", "hashed"),
    [("P-256", "ECDSA", 256, "SHA256"), ("P-384", "ECDSA", 384, "SHA384"), ("RSA-2048", "RSA", 2048, "SHA256")],
)
def test_every_kind_of_key_is_made(key_type: str, algorithm: str, bits: int, hashed: str) -> None:
    version = make_root(key_type=key_type).certificate.current_version
    assert version is not None
    assert (version.key_algorithm, version.key_bits, version.signature_hash) == (algorithm, bits, hashed)


def test_a_subordinate_is_signed_by_its_parent_and_recorded_there() -> None:
    root = make_root(path_length=1)
    subordinate = make_subordinate(root)
    assert subordinate.parent == root
    x509_of(subordinate.certificate).verify_directly_issued_by(x509_of(root.certificate))
    row = IssuedCertificate.objects.get(authority=root)
    assert (row.purpose, row.version) == ("ca", subordinate.certificate.current_version)


def test_name_constraints_are_written_for_domains_networks_and_mailboxes() -> None:
    root = make_root(
        permitted_names=["Example.test", "10.0.0.0/8", "@mail.test", "a@mail.test"], excluded_names=["2001:db8::/32"]
    )
    found = x509_of(root.certificate).extensions.get_extension_for_class(x509.NameConstraints)
    assert found.critical
    assert found.value.permitted_subtrees == [
        x509.DNSName("example.test"),
        x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")),
        x509.RFC822Name("mail.test"),
        x509.RFC822Name("a@mail.test"),
    ]
    assert found.value.excluded_subtrees == [x509.IPAddress(ipaddress.ip_network("2001:db8::/32"))]


def test_a_subordinate_may_not_outlive_its_parent() -> None:
    root = make_root(path_length=1, days=100)
    with pytest.raises(InvalidInputError) as caught:
        make_subordinate(root, days=101)
    assert (caught.value.code, caught.value.field) == ("authority.outlived", "days")
    assert Authority.objects.count() == Certificate.objects.count() == 1


@pytest.mark.parametrize(
    ("above", "below", "field"), [(0, 0, "parent_id"), (1, 1, "path_length"), (2, None, "path_length")]
)
def test_the_path_length_of_the_parent_holds(above: int, below: int | None, field: str) -> None:
    root = make_root(path_length=above)
    with pytest.raises(InvalidInputError) as caught:
        make_subordinate(root, path_length=below)
    assert (caught.value.code, caught.value.field) == ("authority.path-length", field)


def test_a_subordinate_may_not_permit_what_its_parent_does_not() -> None:
    root = make_root(path_length=1, permitted_names=["example.test"])
    make_subordinate(root, permitted_names=["shop.example.test"])
    with pytest.raises(InvalidInputError) as caught:
        make_subordinate(root, "Other", permitted_names=["example.com"])
    assert caught.value.field == "permitted_names"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": 10**9}, "days"),
        ({"key_type": "DSA"}, "key_type"),
        ({"path_length": -1}, "path_length"),
        ({"path_length": 11}, "path_length"),
        ({"permitted_names": ["10.0.0.1/8"]}, "permitted_names"),
        ({"permitted_names": ["*.example.test"]}, "permitted_names"),
        ({"excluded_names": ["not a name"]}, "excluded_names"),
        ({"excluded_names": ["a@b@c"]}, "excluded_names"),
        ({"excluded_names": [f"{number}.test" for number in range(101)]}, "excluded_names"),
    ],
)
def test_a_wrong_authority_is_refused_and_nothing_stored(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        make_root(**options)
    assert caught.value.field == field
    assert Certificate.objects.count() == 0


@pytest.mark.parametrize("common_name", ["", " ", "x" * 65, "a\nb"])
def test_a_wrong_common_name_is_refused(common_name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        make_root(common_name)
    assert caught.value.field == "common_name"


def test_an_absent_parent_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        create_authority(ALICE, NewAuthority(Subject(common_name="x"), parent_id="ca-none"))


def test_the_certificate_of_an_authority_is_not_deleted() -> None:
    authority = make_root()
    with pytest.raises(ConflictError) as caught:
        delete_certificate(ALICE, authority.certificate_id)
    assert caught.value.code == "certificate.in-use"


def test_the_certificate_of_an_authority_is_not_replaced_by_one_of_another_key() -> None:
    authority = make_root()
    with pytest.raises(ConflictError) as caught:
        replace_certificate(ALICE, authority.certificate_id, certificate_pem=make_ca().pem)
    assert caught.value.code == "authority.other-key"
    imported = import_certificate(ALICE, kind="ca", name="", certificate_pem=make_ca("Elsewhere").pem)
    replace_certificate(ALICE, imported.certificate.pk, certificate_pem=make_ca("Elsewhere").pem)
