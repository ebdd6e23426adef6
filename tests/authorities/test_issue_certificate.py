"""Issue server and client certificates."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store

from authorities.models import Authority, IssuedCertificate
from authorities.orders import Order
from authorities.services import issue_bundle, issue_certificate, reissue_certificate
from certificates.keys import open_private_key
from certificates.models import Certificate, SealedKey
from certificates.services import delete_certificate, import_certificate, store_replacement
from certificates.subjects import Subject
from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError, StaleError
from events.models import Change
from tests.authorities.rows import issue_client, issue_server, make_root, make_subordinate, x509_of
from tests.certificates.repository import ALICE
from tests.certs import make_ca

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority() -> Authority:
    """Create an authority of a year."""
    return make_root("Sample Root", name="Sample CA", days=365)


def make_csr(*names: x509.GeneralName, key: Any = None, common_name: str = "asked.test") -> bytes:
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_what_it_issues_verifies_for_every_name(authority: Authority) -> None:
    issued = issue_server(authority, "localhost", "*.sample.test", "127.0.0.1", "::1", "München.test").certificate
    verifier = PolicyBuilder().store(Store([x509_of(authority.certificate)])).build_server_verifier
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


def test_a_server_certificate_is_stored_with_a_key_and_without_warnings(authority: Authority) -> None:
    issued = issue_server(authority, "localhost", name="shop").certificate
    assert (issued.kind, issued.name) == ("server", "shop")
    assert issued.current_version is not None
    assert (issued.current_version.warnings, issued.current_version.chain_pem) == ([], "")
    assert open_private_key(issued.current_version.pk)
    assert Change.objects.filter(object_id=issued.pk).exists()


def test_a_client_certificate_is_stored_with_its_kind_and_without_warnings(authority: Authority) -> None:
    issued = issue_client(authority, "Alice Ångström", names=("alice@example.test",))
    assert (issued.certificate.kind, issued.certificate.name) == ("client", "alice@example.test")
    assert list(issued.warnings) == []
    leaf = x509_of(issued.certificate)
    assert leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value == x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.CLIENT_AUTH]
    )
    verifier = PolicyBuilder().store(Store([x509_of(authority.certificate)])).build_client_verifier()
    assert verifier.verify(leaf, []).subjects == [x509.RFC822Name("alice@example.test")]


def test_a_certificate_of_a_subordinate_carries_its_chain_without_the_root() -> None:
    root = make_root(path_length=1)
    subordinate = make_subordinate(root)
    issued = issue_server(subordinate, "www.example.test").certificate
    assert issued.current_version is not None
    assert (
        issued.current_version.chain_pem
        == x509_of(subordinate.certificate).public_bytes(serialization.Encoding.PEM).decode()
    )
    PolicyBuilder().store(Store([x509_of(root.certificate)])).build_server_verifier(
        x509.DNSName("www.example.test")
    ).verify(x509_of(issued), [x509_of(subordinate.certificate)])


def test_what_is_issued_says_where_its_list_and_its_responder_are(authority: Authority) -> None:
    extensions = x509_of(issue_server(authority).certificate).extensions
    base = f"http://127.0.0.1:8000/pki/{authority.pk}"
    (point,) = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert point.full_name == [x509.UniformResourceIdentifier(f"{base}.crl")]
    access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert {entry.access_method: entry.access_location.value for entry in access} == {
        AuthorityInformationAccessOID.OCSP: f"{base}/ocsp",
        AuthorityInformationAccessOID.CA_ISSUERS: f"{base}.cer",
    }


def test_what_was_issued_is_recorded_with_its_version(authority: Authority) -> None:
    issued = issue_server(authority)
    row = IssuedCertificate.objects.get(authority=authority)
    assert (row.version, row.purpose, row.serial) == (issued.version, "server", issued.version.serial)
    assert (row.sha256, row.created_by) == (issued.version.sha256, "alice")


def test_the_record_outlives_the_certificate_and_finds_it_again(authority: Authority) -> None:
    issued = issue_server(authority)
    pem, key = issued.version.leaf_pem.encode(), open_private_key(issued.version.pk)
    delete_certificate(ALICE, issued.certificate.pk)
    assert IssuedCertificate.objects.get().version is None
    again = import_certificate(ALICE, kind="server", name="", certificate_pem=pem, private_key_pem=key)
    assert IssuedCertificate.objects.get().version == again.version


def test_a_bundle_is_recorded_and_linked_when_it_is_stored(authority: Authority) -> None:
    first = issue_server(authority)
    bundle = issue_bundle(ALICE, authority.pk, Order(names=("www.example.test",)))
    assert bundle.key_pem
    replaced = store_replacement(ALICE, first.certificate.pk, bundle)
    assert IssuedCertificate.objects.get(version=replaced.version).authority == authority


def test_reissuing_makes_the_next_version(authority: Authority) -> None:
    first = issue_server(authority)
    order = Order(names=("www.example.test",), days=30)
    second = reissue_certificate(ALICE, authority.pk, order, certificate_id=first.certificate.pk)
    assert (second.certificate.pk, second.version.number) == (first.certificate.pk, 2)
    with pytest.raises(StaleError):
        reissue_certificate(
            ALICE,
            authority.pk,
            order,
            certificate_id=first.certificate.pk,
            expected_revision=first.certificate.revision,
        )
    assert IssuedCertificate.objects.count() == 2


def test_of_a_request_only_the_key_is_taken(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    order = Order(names=("given.test",), csr_pem=make_csr(x509.DNSName("asked.test"), key=key))
    issued = issue_certificate(ALICE, authority.pk, order)
    leaf = x509_of(issued.certificate)
    assert leaf.public_key() == key.public_key()
    assert leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    ) == ["given.test"]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not SealedKey.objects.filter(version=issued.version).exists()


def test_names_and_subject_of_a_request_are_taken_when_that_is_asked(authority: Authority) -> None:
    csr = make_csr(x509.DNSName("Asked.test"), x509.RFC822Name("a@asked.test"), common_name="Alice")
    order = Order("client", csr_pem=csr, names_from_csr=True)
    issued = issue_certificate(ALICE, authority.pk, order)
    assert issued.version.subject == "CN=Alice"
    assert [name.value for name in issued.version.names.all()] == ["asked.test", "a@asked.test"]


def test_a_request_whose_signature_is_wrong_is_refused(authority: Authority) -> None:
    der = bytearray(x509.load_pem_x509_csr(make_csr()).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    with pytest.raises(InvalidInputError) as caught:
        issue_certificate(ALICE, authority.pk, Order(names=("a.test",), csr_pem=bytes(der)))
    assert (caught.value.code, caught.value.field) == ("csr.refused", "csr_pem")


@pytest.mark.parametrize(
    "csr",
    [
        b"no request",
        b"\x30\x82\xff\xff",
        b"x" * 100_000,
        b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
        make_ca().pem,
        make_csr(key=rsa.generate_private_key(65537, 1024)),
        make_csr(key=ec.generate_private_key(ec.SECP256K1())),
    ],
)
def test_what_is_no_usable_request_is_refused(authority: Authority, csr: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        issue_certificate(ALICE, authority.pk, Order(names=("a.test",), csr_pem=csr))
    assert caught.value.field == "csr_pem"
    assert IssuedCertificate.objects.count() == 0


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (Order(names=()), "names"),
        (Order(names=[f"{number}.test" for number in range(101)]), "names"),
        (Order(names=["f*.test"]), "names"),
        (Order(names=["not a name"]), "names"),
        (Order(names=[""]), "names"),
        (Order(names=["a@b.test"]), "names"),
        (Order(names=["fe80::1%eth0"]), "names"),
        (Order(names=["localhost"], days=0), "days"),
        (Order(names=["localhost"], days=-1), "days"),
        (Order(names=["localhost"], days=366), "days"),
        (Order(names=["localhost"], days=10**9), "days"),
        (Order("ca", names=["localhost"]), "purpose"),
        (Order(names=["localhost"], key_type="RSA-1024"), "key_type"),
        (Order("client"), "common_name"),
        (Order("client", subject=Subject(common_name="x" * 65)), "common_name"),
        (Order("client", subject=Subject(common_name="a\nb")), "common_name"),
        (Order("client", subject=Subject(common_name="a", country="China")), "country"),
        (Order("client", subject=Subject(common_name="a", email="none")), "email"),
    ],
)
def test_a_wrong_order_is_refused_and_nothing_stored(authority: Authority, order: Order, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        issue_certificate(ALICE, authority.pk, order)
    assert caught.value.field == field
    assert Certificate.objects.count() == 1
    assert IssuedCertificate.objects.count() == 0


@pytest.mark.parametrize("key_type", ["P-256", "P-384", "RSA-2048", "RSA-3072"])
def test_every_kind_of_key_is_made(authority: Authority, key_type: str) -> None:
    version = issue_server(authority, key_type=key_type).version
    algorithm = {"P": "ECDSA"}.get(key_type.partition("-")[0], "RSA")
    assert (version.key_algorithm, str(version.key_bits)) == (algorithm, key_type.partition("-")[2])


def test_names_outside_the_constraints_are_refused() -> None:
    authority = make_root(permitted_names=["example.test", "10.0.0.0/8"], excluded_names=["secret.example.test"])
    issue_server(authority, "a.example.test", "*.www.example.test", "10.1.2.3")
    for name in ("example.com", "x.secret.example.test", "*.example.test", "11.0.0.1", "notexample.test"):
        with pytest.raises(InvalidInputError) as caught:
            issue_server(authority, name)
        assert caught.value.code == "authority.name-constrained"


def test_an_authority_whose_key_is_gone_cannot_issue(authority: Authority) -> None:
    SealedKey.objects.all().delete()
    with pytest.raises(ConflictError) as caught:
        issue_server(authority)
    assert caught.value.code == "authority.no-key"


def test_an_absent_authority_is_not_found() -> None:
    for authority_id in ("ca-x", "", "a\0b", "x" * 1000):
        with pytest.raises(NotFoundError):
            issue_certificate(ALICE, authority_id, Order(names=["localhost"]))


def test_a_taken_name_is_refused_and_nothing_recorded(authority: Authority) -> None:
    with pytest.raises(DomainError) as caught:
        issue_server(authority, name="Sample CA")
    assert caught.value.code == "certificate.name-taken"
    assert IssuedCertificate.objects.count() == 0
