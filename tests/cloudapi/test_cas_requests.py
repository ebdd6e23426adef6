"""Certificate signing requests, repositories and contacts by the official client of the certificate service."""

from typing import Any

import pytest
from alibabacloud_cas20200407 import models
from alibabacloud_cas20200407.client import Client
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from alerts.models import Contact
from authorities.services.repositories import add_certificate, create_repository
from certificates.models import Certificate, CertificateRequest
from cloudapi.identifiers import certificate_id
from events.models import Change
from tests.authorities.rows import issue_client, issue_server, make_root
from tests.certificates.test_upload_request import csr_of
from tests.certs import make_ca, make_leaf
from tests.cloudapi.clients import refusal
from tests.factories import OPERATOR, make_server_certificate, store_certificate

pytestmark = pytest.mark.django_db
WHERE = {"country_code": "CN", "province": "Zhejiang", "locality": "Hangzhou"}


def make(cas: Client, **more: object) -> models.CreateCsrResponseBody:
    given = {"algorithm": "ECC", "key_size": 256, "common_name": "www.csr.test", **WHERE, **more}
    return cas.create_csr(models.CreateCsrRequest(**given)).body


def test_request_is_made_listed_shown_and_deleted(cas: Client, settings: Settings) -> None:
    made = make(cas, sans="csr.test,*.csr.test", corp_name="Shop Ltd", department="Web", name="wanted")
    csr = x509.load_pem_x509_csr(made.csr.encode())
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["www.csr.test", "csr.test", "*.csr.test"]
    assert csr.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)[0].value == "Web"
    (row,) = cas.list_csr(models.ListCsrRequest(key_word="wanted", algorithm="ECC")).body.csr_list
    assert (row.csr_id, row.algorithm, row.key_size, row.has_private_key) == (made.csr_id, "ECC", 256, True)
    assert (row.common_name, row.corp_name, row.locality) == ("www.csr.test", "Shop Ltd", "Hangzhou")
    detail = cas.get_csr_detail(models.GetCsrDetailRequest(csr_id=made.csr_id)).body
    assert (detail.csr, detail.private_key) == (made.csr, "")
    settings.CLOUD_KEYS = True
    pem = cas.get_csr_detail(models.GetCsrDetailRequest(csr_id=made.csr_id)).body.private_key
    assert serialization.load_pem_private_key(pem.encode(), None).public_key() == csr.public_key()
    assert Change.objects.filter(kind="certificate_request.key_exported").exists()
    cas.delete_csr(models.DeleteCsrRequest(csr_id=made.csr_id))
    assert not CertificateRequest.objects.exists()
    assert refusal(cas.get_csr_detail, models.GetCsrDetailRequest(csr_id=made.csr_id)) == "NotFound"


def test_size_alone_chooses_the_algorithm(cas: Client) -> None:
    csr = x509.load_pem_x509_csr(make(cas, algorithm=None, key_size=2048).csr.encode())
    assert isinstance(csr.public_key(), rsa.RSAPublicKey)


REFUSED_REQUEST: list[tuple[dict[str, Any], str]] = [
    ({"algorithm": "SM2"}, "InvalidParameter.KeySize"),
    ({"key_size": 1024, "algorithm": "RSA"}, "InvalidParameter.KeySize"),
    ({"algorithm": "DSA"}, "InvalidParameter.Algorithm"),
    ({"common_name": "no host"}, "InvalidParameter.Sans"),
    ({"country_code": "China"}, "InvalidParameter"),
    ({"locality": None}, "MissingParameter"),
    ({"name": "n" * 51}, "InvalidParameter.Name"),
]


def test_wrong_request_is_refused_by_its_code(cas: Client) -> None:
    for changed, code in REFUSED_REQUEST:
        assert refusal(make, cas, **changed) == code, changed
    assert not CertificateRequest.objects.exists()


def test_request_from_elsewhere_gets_its_key_and_then_its_certificate(cas: Client) -> None:
    issued = make_leaf("asked.test")
    request = models.UploadCsrRequest(name="elsewhere", csr=csr_of(issued).decode())
    number = cas.upload_csr(request).body.csr_id
    assert not cas.list_csr(models.ListCsrRequest()).body.csr_list[0].has_private_key
    other = models.UpdateCsrRequest(csr_id=number, key=make_leaf("other.test").key_pem.decode())
    assert refusal(cas.update_csr, other) == "KeyNotMatchCert"
    cas.update_csr(models.UpdateCsrRequest(csr_id=number, key=issued.key_pem.decode()))
    cas.upload_user_certificate(
        models.UploadUserCertificateRequest(name="came", cert=issued.chain_pem.decode(), key=issued.key_pem.decode())
    )
    (row,) = cas.list_csr(models.ListCsrRequest()).body.csr_list
    assert (row.has_private_key, CertificateRequest.objects.get().certificate) == (True, Certificate.objects.get())
    assert refusal(cas.upload_csr, models.UploadCsrRequest(csr="nothing")) == "InvalidParameter.Csr"


def test_repositories_hold_what_is_in_them(cas: Client) -> None:
    root = make_root("Sample Root", name="Sample CA")
    client, server = issue_client(root).certificate, issue_server(root).certificate
    third = store_certificate(make_ca("Third"), kind="ca")  # type: ignore[arg-type]
    add_certificate(OPERATOR, create_repository(OPERATOR, name="Partners").pk, third.pk)
    watched = make_server_certificate("own.test")
    houses = {
        row.type: row for row in cas.list_cert_warehouse(models.ListCertWarehouseRequest()).body.cert_warehouse_list
    }
    assert (houses["uploadPCA"].name, houses["aliyunPCA"].is_expired) == ("Partners", False)

    def ids(**given: object) -> set[str]:
        body = cas.list_cert(models.ListCertRequest(**given)).body
        assert body.total_count == len(body.cert_list)
        return {certificate_id(row.identifier) for row in body.cert_list}

    assert ids(warehouse_id=houses["ssl"].wh_id) == {server.pk, watched.pk}
    assert ids(warehouse_id=houses["aliyunPCA"].wh_id) == {root.certificate_id, client.pk, server.pk}
    assert ids(warehouse_id=houses["uploadPCA"].wh_id, cert_type="CA") == {third.pk}
    assert ids(source_type="upload") == {third.pk, watched.pk}
    assert ids(key_word="own.test", status="ISSUE") == {watched.pk}
    assert ids(status="REVOKE") == ids(warehouse_id=999) == set()
    assert cas.get_cert_warehouse_quota().body.use_count == 5


def test_certificate_leaves_a_repository_unless_it_is_an_authority(cas: Client) -> None:
    root = make_root("Sample Root")
    client = issue_client(root).certificate
    rows = {row.common_name: row for row in cas.list_cert(models.ListCertRequest()).body.cert_list}
    assert (rows["alice"].cert_type, rows["alice"].exist_private_key) == ("CERT", True)
    request = models.DeletePCACertRequest(identifier=rows["Sample Root"].identifier)
    assert refusal(cas.delete_pcacert, request) == "OperationDenied.CertificateInUse"
    cas.delete_pcacert(models.DeletePCACertRequest(identifier=rows["alice"].identifier))
    assert not Certificate.objects.filter(pk=client.pk).exists()


def test_contacts_are_listed(cas: Client) -> None:
    Contact.objects.create(name="Alice", email="alice@example.test", created_by="test")
    Contact.objects.create(name="Bob", email="bob@example.test", created_by="test")
    body = cas.list_contact(models.ListContactRequest(keyword="alice")).body
    (row,) = body.contact_list
    assert (row.name, row.email, row.email_status, row.webhooks) == ("Alice", "alice@example.test", 1, "[]")
    assert (body.total_count, body.show_size, body.keyword) == (1, 20, "alice")
    assert isinstance(row.contact_id, int)
