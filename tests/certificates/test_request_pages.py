"""Pages of certificate requests."""

from http import HTTPStatus

import pytest
from cryptography import x509
from django.test import Client

from certificates.models import CertificateRequest
from tests.certificates.pages import stored
from tests.certificates.test_complete_request import issue, request
from tests.certs import make_leaf

pytestmark = pytest.mark.django_db


def test_a_request_is_made_listed_completed_and_deleted(admin_client: Client) -> None:
    assert "No request waits" in admin_client.get("/certificate-requests/").content.decode()
    form = {"names": "shop.test *.shop.test", "key_type": "P-384", "organization": "Shop"}
    made = admin_client.post("/certificate-requests/create/", form)
    row = CertificateRequest.objects.get()
    assert made["Location"] == f"/certificate-requests/{row.pk}/"
    assert "shop.test" in admin_client.get("/certificate-requests/").content.decode()
    page = admin_client.get(made["Location"]).content.decode()
    assert "BEGIN CERTIFICATE REQUEST" in page
    assert "PRIVATE KEY" not in page
    csr = admin_client.get(f"{made['Location']}request.csr")
    assert x509.load_pem_x509_csr(csr.content).is_signature_valid
    given = {"certificate_pem": issue(row).decode(), "revision": "1"}
    done = admin_client.post(made["Location"], given)
    row.refresh_from_db()
    assert done["Location"] == f"/certificates/{row.certificate_id}/"
    assert "shop.test" in admin_client.get("/certificate-requests/?state=done").content.decode()
    assert "key stay" in admin_client.get(f"{made['Location']}delete/").content.decode()
    admin_client.post(f"{made['Location']}delete/", {"revision": "2"})
    assert not CertificateRequest.objects.exists()


def test_deleting_a_waiting_request_warns_that_the_key_is_lost(admin_client: Client) -> None:
    row = request()
    assert "Its key is lost" in admin_client.get(f"/certificate-requests/{row.pk}/delete/").content.decode()


def test_a_renewal_begins_with_the_names_of_the_certificate(admin_client: Client) -> None:
    certificate = stored("shop.test", "api.shop.test")
    address = f"/certificate-requests/create/?renews={certificate.pk}"
    page = admin_client.get(address).content.decode()
    assert "api.shop.test" in page
    form = {"names": "shop.test", "key_type": "P-256", "renews": certificate.pk}
    made = admin_client.post("/certificate-requests/create/", form)
    row = CertificateRequest.objects.get()
    assert row.renews == certificate
    lost = admin_client.post(made["Location"], {"certificate_pem": issue(row).decode(), "revision": "1"})
    assert (lost.status_code, "api.shop.test" in lost.content.decode()) == (HTTPStatus.UNPROCESSABLE_ENTITY, True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"names": ""}, "required"),
        ({"names": "f*.test"}, "neither a host name"),
        ({"names": "300.1.1.1"}, "neither a host name"),
        ({"names": "a@b.test"}, "a server has no others"),
        ({"key_type": "x"}, "not one of the available choices"),
        ({"country": "X"}, "two letters"),
    ],
)
def test_a_wrong_request_is_shown_in_the_form(admin_client: Client, wrong: dict[str, str], said: str) -> None:
    form = {"names": "shop.test", "key_type": "P-256", **wrong}
    answer = admin_client.post("/certificate-requests/create/", form)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in answer.content.decode()
    assert not CertificateRequest.objects.exists()


@pytest.mark.parametrize("pem", ["", "nothing", make_leaf().pem.decode()])
def test_a_wrong_certificate_is_shown_in_the_form(admin_client: Client, pem: str) -> None:
    row = request()
    answer = admin_client.post(f"/certificate-requests/{row.pk}/", {"certificate_pem": pem, "revision": "1"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize("page", ["", "request.csr", "delete/"])
def test_an_absent_request_is_not_found(admin_client: Client, page: str) -> None:
    assert admin_client.get(f"/certificate-requests/csr-none/{page}").status_code == HTTPStatus.NOT_FOUND
    assert Client().get(f"/certificate-requests/csr-none/{page}")["Location"].startswith("/sign-in/")
