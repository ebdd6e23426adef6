"""Requests: the key is made here, the certificate finds it whichever way it comes."""

import datetime as dt
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certificates.keys import open_private_key
from certificates.models import Certificate, CertificateRequest, RequestKey
from certificates.parsing.drops import Drop, DroppedFile
from certificates.planning import plan_drop
from certificates.services import import_certificate, replace_certificate
from certificates.services.drops import import_plan
from certificates.services.requests import NewRequest, complete_request, create_request, delete_request
from certificates.subjects import Subject
from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError, StaleError
from events.models import Change
from tests.certificates.repository import ALICE, import_leaf
from tests.certs import Issued, make_ca, make_leaf

pytestmark = pytest.mark.django_db


def request(*names: str, **options: Any) -> CertificateRequest:
    return create_request(ALICE, NewRequest(names=names or ("shop.example.test",), **options))


def csr_of(row: CertificateRequest) -> x509.CertificateSigningRequest:
    return x509.load_pem_x509_csr(row.csr_pem.encode())


def issue(row: CertificateRequest, issuer: Issued | None = None) -> bytes:
    """Sign a request as a commercial authority would."""
    csr, issuer = csr_of(row), issuer or make_ca()
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(csr.subject)
        .issuer_name(issuer.certificate.subject)
        .public_key(csr.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=90))
    )
    for extension in csr.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_a_request_says_what_was_asked_and_keeps_its_key_sealed() -> None:
    subject = Subject(organization="Shop AG", country="de", locality="München", email="ca@shop.test")
    row = request("*.Shop.test", "10.0.0.1", "München.test", subject=subject)
    csr = csr_of(row)
    assert csr.is_signature_valid
    assert row.subject == "1.2.840.113549.1.9.1=ca@shop.test,CN=*.shop.test,O=Shop AG,L=München,C=DE"
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["*.shop.test", "xn--mnchen-3ya.test"]
    assert row.names == [
        {"kind": "dns", "value": "*.shop.test"},
        {"kind": "ip", "value": "10.0.0.1"},
        {"kind": "dns", "value": "xn--mnchen-3ya.test"},
    ]
    assert b"PRIVATE KEY" not in bytes(RequestKey.objects.get().token)
    assert Change.objects.filter(kind="certificate_request.created", object_id=row.pk).exists()


@pytest.mark.parametrize(
    ("key_type", "kind", "bits"),
    [
        ("P-256", ec.EllipticCurvePublicKey, 256),
        ("P-384", ec.EllipticCurvePublicKey, 384),
        ("RSA-2048", rsa.RSAPublicKey, 2048),
        ("RSA-3072", rsa.RSAPublicKey, 3072),
    ],
)
def test_every_kind_of_key_is_made(key_type: str, kind: type, bits: int) -> None:
    row = request(key_type=key_type)
    assert isinstance(csr_of(row).public_key(), kind)
    assert row.key_bits == bits


def test_the_pasted_certificate_gets_the_key_and_the_name() -> None:
    row = request(name="Shop")
    stored = complete_request(ALICE, row.pk, certificate_pem=issue(row))
    assert (stored.certificate.kind, stored.certificate.name) == ("server", "Shop")
    assert b"PRIVATE KEY" in open_private_key(stored.version.pk)
    row.refresh_from_db()
    assert (row.certificate, row.completed_at is not None) == (stored.certificate, True)
    assert not RequestKey.objects.exists()


def test_an_imported_certificate_without_a_key_finds_it() -> None:
    row = request()
    stored = import_certificate(ALICE, kind="server", name="", certificate_pem=issue(row))
    assert open_private_key(stored.version.pk)
    row.refresh_from_db()
    assert row.certificate == stored.certificate


def test_a_dropped_certificate_finds_its_key() -> None:
    row = request()
    plan = plan_drop(Drop((DroppedFile("shop.crt", issue(row)),)))
    (stored,) = import_plan(ALICE, plan)
    assert open_private_key(stored.version.pk)
    row.refresh_from_db()
    assert row.certificate == stored.certificate


def test_the_certificate_of_a_renewing_request_becomes_the_next_version() -> None:
    before = import_leaf(make_leaf("shop.example.test"))
    row = request(renews=before.certificate.pk)
    stored = import_certificate(ALICE, kind="server", name="ignored", certificate_pem=issue(row))
    assert (stored.certificate.pk, stored.version.number) == (before.certificate.pk, 2)
    assert open_private_key(stored.version.pk)


def test_a_replacement_without_a_key_finds_it_too() -> None:
    before = import_leaf(make_leaf("shop.example.test"))
    row = request()
    stored = replace_certificate(ALICE, before.certificate.pk, certificate_pem=issue(row))
    assert stored.version.number == 2
    row.refresh_from_db()
    assert row.certificate_id == before.certificate.pk


def test_names_that_a_renewal_loses_need_a_reason() -> None:
    before = import_leaf(make_leaf("shop.example.test", "api.example.test"))
    row = request(renews=before.certificate.pk)
    pem = issue(row)
    with pytest.raises(ConflictError) as caught:
        complete_request(ALICE, row.pk, certificate_pem=pem)
    assert caught.value.code == "certificate.names-lost"
    assert RequestKey.objects.exists()
    stored = complete_request(ALICE, row.pk, certificate_pem=pem, reason="the API moved")
    assert stored.version.number == 2


def test_a_certificate_that_is_issued_again_for_the_same_key_finds_it() -> None:
    row = request()
    first = complete_request(ALICE, row.pk, certificate_pem=issue(row))
    again = replace_certificate(ALICE, first.certificate.pk, certificate_pem=issue(row))
    assert open_private_key(again.version.pk) == open_private_key(first.version.pk)


def test_the_certificate_of_another_key_is_refused() -> None:
    row = request()
    with pytest.raises(DomainError) as caught:
        complete_request(ALICE, row.pk, certificate_pem=make_leaf().pem)
    assert caught.value.code == "key.mismatch"
    with pytest.raises(DomainError) as caught:
        import_certificate(ALICE, kind="server", name="", certificate_pem=make_leaf().pem)
    assert caught.value.code == "key.missing"
    assert Certificate.objects.count() == 0


def test_a_completed_request_is_not_completed_again() -> None:
    row = request()
    complete_request(ALICE, row.pk, certificate_pem=issue(row))
    with pytest.raises(ConflictError) as caught:
        complete_request(ALICE, row.pk, certificate_pem=issue(row))
    assert caught.value.code == "request.completed"


def test_a_deleted_request_takes_its_key_along() -> None:
    row = request()
    pem = issue(row)
    delete_request(ALICE, row.pk)
    assert not RequestKey.objects.exists()
    with pytest.raises(DomainError):
        import_certificate(ALICE, kind="server", name="", certificate_pem=pem)


def test_a_stale_revision_is_refused() -> None:
    row = request()
    with pytest.raises(StaleError):
        delete_request(ALICE, row.pk, expected_revision=row.revision + 1)
    with pytest.raises(StaleError):
        complete_request(ALICE, row.pk, certificate_pem=b"", expected_revision=row.revision + 1)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewRequest(names=()), "names"),
        (NewRequest(names=("f*.test",)), "names"),
        (NewRequest(names=("a@b.test",)), "names"),
        (NewRequest(names=tuple(f"{n}.test" for n in range(101))), "names"),
        (NewRequest(names=("a.test",), key_type="RSA-512"), "key_type"),
        (NewRequest(names=("a.test",), name="x" * 129), "name"),
        (NewRequest(names=("a.test",), subject=Subject(country="D")), "country"),
        (NewRequest(names=("a.test",), subject=Subject(organization="x" * 65)), "organization"),
    ],
)
def test_a_wrong_request_is_refused_and_nothing_stored(new: NewRequest, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        create_request(ALICE, new)
    assert caught.value.field == field
    assert not CertificateRequest.objects.exists()


def test_only_a_server_certificate_is_renewed() -> None:
    ca = import_certificate(ALICE, kind="ca", name="", certificate_pem=make_ca().pem).certificate
    with pytest.raises(InvalidInputError) as caught:
        request(renews=ca.pk)
    assert caught.value.field == "renews"
    for certificate_id in ("cert-none", "a\0b"):
        with pytest.raises(NotFoundError):
            request(renews=certificate_id)


@pytest.mark.parametrize("request_id", ["", "csr-none", "a\0b", "x" * 1000])
def test_an_absent_request_is_not_found(request_id: str) -> None:
    with pytest.raises(NotFoundError):
        complete_request(ALICE, request_id, certificate_pem=b"")
