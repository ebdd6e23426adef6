"""Certificates of servers by the official client of the certificate service."""

from typing import Any

import pytest
from alibabacloud_cas20200407 import models
from alibabacloud_cas20200407.client import Client
from alibabacloud_tea_openapi.models import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.contrib.auth.models import User
from pytest_django import Settings

from access.access_keys import create_access_key
from certificates.keys import open_private_key
from certificates.models import Certificate, Kind
from events.actor import COMMAND
from events.models import Change
from tests.certs import DAY, Issued, make_ca, make_leaf
from tests.cloudapi.clients import refusal
from tests.factories import make_listener, make_server_certificate

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def issued() -> Issued:
    root = make_ca("Root of tests")
    return make_leaf("www.shop.test", "shop.test", issuer=make_ca("Intermediate", issuer=root))


def upload(cas: Client, issued: Issued, name: str = "shop", **more: object) -> models.UploadUserCertificateResponseBody:
    request = models.UploadUserCertificateRequest(
        name=name, cert=issued.chain_pem.decode(), key=issued.key_pem.decode(), **more
    )
    return cas.upload_user_certificate(request).body


def test_certificate_is_uploaded_and_shown_as_the_cloud_shows_it(cas: Client, issued: Issued) -> None:
    tags = [models.UploadUserCertificateRequestTags(key="team", value="web")]
    answer = upload(cas, issued, tags=tags, resource_group_id="rg-1")
    detail = cas.get_user_certificate_detail(models.GetUserCertificateDetailRequest(cert_id=answer.cert_id)).body
    leaf = issued.certificate
    assert isinstance(answer.cert_id, int)
    assert answer.resource_id.startswith("cas-upload-")
    assert (detail.id, detail.cert_identifier) == (answer.cert_id, f"{answer.cert_id}-cn-hangzhou")
    assert (detail.name, detail.common, detail.sans) == ("shop", "www.shop.test", "www.shop.test,shop.test")
    assert x509.load_pem_x509_certificate(detail.cert.encode()) == leaf
    assert detail.fingerprint == leaf.fingerprint(hashes.SHA1()).hex().upper()
    assert int(detail.serial_no, 16) == leaf.serial_number
    assert detail.not_after == int(leaf.not_valid_after_utc.timestamp()) * 1000
    assert (detail.algorithm, detail.expired, detail.buy_in_aliyun) == ("ECC", False, False)
    assert [link.common_name for link in detail.cert_chain] == ["www.shop.test", "Intermediate"]
    assert (detail.resource_group_id, detail.org_name) == ("rg-1", "Test")
    assert [(tag.tag_key, tag.tag_value) for tag in detail.tags] == [("team", "web")]


def test_key_is_stored_and_stays_here(cas: Client, issued: Issued) -> None:
    number = upload(cas, issued).cert_id
    detail = cas.get_user_certificate_detail(models.GetUserCertificateDetailRequest(cert_id=number)).body
    version = Certificate.objects.get().current_version
    assert version
    assert open_private_key(version.pk) == issued.key_pem
    assert not detail.key


def test_key_leaves_where_the_installation_and_the_permission_let_it(
    cas: Client, issued: Issued, settings: Settings
) -> None:
    settings.CLOUD_KEYS = True
    request = models.GetUserCertificateDetailRequest(cert_id=upload(cas, issued).cert_id)
    assert cas.get_user_certificate_detail(request).body.key == issued.key_pem.decode()
    assert Change.objects.filter(kind="certificate.key_exported").count() == 1
    request.cert_filter = True
    filtered = cas.get_user_certificate_detail(request).body
    assert (filtered.key, filtered.cert) == (None, None)
    settings.KEY_EXPORT = False
    request.cert_filter = False
    assert not cas.get_user_certificate_detail(request).body.key


def test_key_stays_from_those_without_the_permission(
    cas: Client, config: Config, issued: Issued, settings: Settings, django_user_model: type[User]
) -> None:
    settings.CLOUD_KEYS = True
    number = upload(cas, issued).cert_id
    key = create_access_key(COMMAND, django_user_model.objects.create_user("bob"))
    config.access_key_id, config.access_key_secret = key.row.pk, key.secret
    request = models.GetUserCertificateDetailRequest(cert_id=number)
    assert not Client(config).get_user_certificate_detail(request).body.key


REFUSED_UPLOAD: list[tuple[dict[str, Any], str]] = [
    ({"cert": "no certificate"}, "InvalidParameter.Cert"),
    ({"cert": None}, "MissingParameter"),
    ({"cert": None, "sign_cert": "x"}, "OperationDenied.SM2NotSupport"),
    ({"key": make_leaf("other.test").key_pem.decode()}, "KeyNotMatchCert"),
    ({"key": "no key"}, "InvalidParameter.Key"),
    ({"name": "n" * 65}, "InvalidParameter.Name"),
    ({"name": None}, "MissingParameter"),
    ({"tags": [models.UploadUserCertificateRequestTags("a=b", "")]}, "InvalidParameter.Tags"),
]


def test_wrong_upload_is_refused_by_its_code(cas: Client, issued: Issued) -> None:
    for changed, code in REFUSED_UPLOAD:
        given = {"name": "shop", "cert": issued.chain_pem.decode(), "key": issued.key_pem.decode(), **changed}
        assert refusal(cas.upload_user_certificate, models.UploadUserCertificateRequest(**given)) == code, changed
    assert not Certificate.objects.exists()


def test_name_and_content_are_stored_once(cas: Client, issued: Issued) -> None:
    upload(cas, issued)
    assert refusal(upload, cas, make_leaf("b.test")) == "NameAlreadyExist"
    assert refusal(upload, cas, issued, "another") == "CertificateAlreadyExist"


def test_client_token_uploads_once(cas: Client, issued: Issued) -> None:
    first = upload(cas, issued, client_token="once")
    assert upload(cas, issued, client_token="once").cert_id == first.cert_id
    assert Certificate.objects.count() == 1


def test_ca_certificate_without_key_is_stored_as_one(cas: Client) -> None:
    authority = make_ca("Clients")
    request = models.UploadUserCertificateRequest(name="clients", cert=authority.pem.decode())
    number = cas.upload_user_certificate(request).body.cert_id
    assert Certificate.objects.get().kind == Kind.CA
    detail = cas.get_user_certificate_detail(models.GetUserCertificateDetailRequest(cert_id=number)).body
    assert detail.common == "Clients"


def test_lists_tell_uploaded_from_all_and_ended_from_valid(cas: Client, issued: Issued) -> None:
    number = upload(cas, issued).cert_id
    now = issued.certificate.not_valid_before_utc
    make_server_certificate("old.test", not_before=now - 9 * DAY, not_after=now - DAY)
    make_server_certificate("soon.test", not_after=now + 10 * DAY)

    def names(**given: object) -> list[str]:
        request = models.ListUserCertificateOrderRequest(**given)
        answer = cas.list_user_certificate_order(request).body
        assert answer.total_count == len(answer.certificate_order_list)
        return [row.common_name for row in answer.certificate_order_list]

    assert names(order_type="UPLOAD") == ["soon.test", "www.shop.test"]
    assert names(order_type="CERT", status="EXPIRED") == ["old.test"]
    assert names(order_type="CERT", status="WILLEXPIRED") == ["soon.test"]
    assert names(order_type="CERT", status="ISSUED", keyword="shop") == ["www.shop.test"]
    assert names() == names(order_type="BUY") == []
    (row,) = cas.list_user_certificate_order(
        models.ListUserCertificateOrderRequest(order_type="UPLOAD", current_page=2, show_size=1)
    ).body.certificate_order_list
    assert (row.certificate_id, row.upload, row.expired) == (number, True, False)


def test_certificate_is_deleted_unless_it_is_used(cas: Client, issued: Issued) -> None:
    number = upload(cas, issued).cert_id
    request = models.DeleteUserCertificateRequest(cert_id=number)
    listener = make_listener(certificate_id=Certificate.objects.get().pk)
    assert refusal(cas.delete_user_certificate, request) == "OperationDenied.CertificateInUse"
    listener.delete()
    cas.delete_user_certificate(request)
    assert not Certificate.objects.exists()
    assert refusal(cas.delete_user_certificate, request) == "NotFound"
