"""Private authorities and what they issue."""

from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from certificates.authorities import create_authority, issue_server_certificate
from certificates.keys import open_private_key
from certificates.models import Certificate
from certificates.services import import_certificate
from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError
from events.models import Change
from tests.certificates.repository import ALICE, import_leaf
from tests.certs import make_ca

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority() -> Certificate:
    """Create an authority of a year."""
    return create_authority(ALICE, name="Sample CA", common_name="Sample Root", days=365)


def issue(authority: Certificate, names: Sequence[str] = ("localhost",), days: int = 90, name: str = "") -> Certificate:
    return issue_server_certificate(ALICE, authority_id=authority.pk, name=name, names=names, days=days)


def x509_of(certificate: Certificate) -> x509.Certificate:
    assert certificate.current_version is not None
    return x509.load_pem_x509_certificate(certificate.current_version.leaf_pem.encode())


def test_an_authority_is_a_ca_certificate_with_a_sealed_key(authority: Certificate) -> None:
    assert (authority.kind, authority.name) == ("ca", "Sample CA")
    assert authority.current_version is not None
    assert authority.current_version.common_name == "Sample Root"
    assert b"BEGIN PRIVATE KEY" in open_private_key(authority.current_version.pk)
    constraints = x509_of(authority).extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca


def test_what_it_issues_verifies_for_every_name(authority: Certificate) -> None:
    issued = issue(authority, ["localhost", "*.sample.test", "127.0.0.1", "::1", "München.test"])
    verifier = PolicyBuilder().store(Store([x509_of(authority)])).build_server_verifier
    for subject in ("localhost", "a.sample.test", "xn--mnchen-3ya.test"):
        verifier(x509.DNSName(subject)).verify(x509_of(issued), [])
    usage = x509_of(issued).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.SERVER_AUTH in usage
    assert issued.current_version is not None
    assert [name.value for name in issued.current_version.names.all()] == [
        "localhost",
        "*.sample.test",
        "127.0.0.1",
        "::1",
        "xn--mnchen-3ya.test",
    ]


def test_what_it_issues_is_stored_with_a_key_and_without_warnings(authority: Certificate) -> None:
    issued = issue(authority, name="shop")
    assert (issued.kind, issued.name) == ("server", "shop")
    assert issued.current_version is not None
    assert (issued.current_version.warnings, issued.current_version.chain_pem) == ([], "")
    assert open_private_key(issued.current_version.pk)
    assert Change.objects.filter(object_id=issued.pk).exists()


@pytest.mark.parametrize(
    ("names", "days", "field"),
    [
        ([], 90, "names"),
        ([f"{number}.test" for number in range(101)], 90, "names"),
        (["f*.test"], 90, "names"),
        (["not a name"], 90, "names"),
        ([""], 90, "names"),
        (["localhost"], 0, "days"),
        (["localhost"], -1, "days"),
        (["localhost"], 366, "days"),
        (["localhost"], 10**9, "days"),
    ],
)
def test_a_wrong_request_is_refused_and_nothing_stored(
    authority: Certificate, names: list[str], days: int, field: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        issue(authority, names, days)
    assert caught.value.field == field
    assert Certificate.objects.count() == 1


@pytest.mark.parametrize("common_name", ["", " ", "x" * 65, "a\nb"])
def test_a_wrong_common_name_is_refused(common_name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        create_authority(ALICE, name="x", common_name=common_name, days=10)
    assert caught.value.field == "common_name"


def test_an_imported_ca_certificate_cannot_issue() -> None:
    imported = import_certificate(ALICE, kind="ca", name="", certificate_pem=make_ca().pem)
    with pytest.raises(ConflictError) as caught:
        issue(imported.certificate)
    assert caught.value.code == "authority.no-key"


def test_a_server_certificate_cannot_issue() -> None:
    with pytest.raises(ConflictError):
        issue(import_leaf().certificate)


def test_an_absent_authority_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        issue_server_certificate(ALICE, authority_id="cert-x", name="", names=["localhost"], days=1)


def test_a_taken_name_is_refused(authority: Certificate) -> None:
    with pytest.raises(DomainError) as caught:
        issue(authority, name="Sample CA")
    assert caught.value.code == "certificate.name-taken"
