"""Replacing a certificate by page."""

import pytest
from django.test import Client

from tests.certificates.pages import ABSENT, ROOT, replace_by_page, stored
from tests.certs import make_leaf
from tests.factories import make_listener

pytestmark = pytest.mark.django_db


def test_signed_out_one_is_asked_to_sign_in(client: Client) -> None:
    assert client.get(f"/certificates/{ABSENT}/replace/")["Location"].startswith("/sign-in/")


def test_who_is_affected_is_shown_first(admin_client: Client) -> None:
    certificate = stored("www.test")
    listener = make_listener(certificate_id=certificate.pk)
    page = admin_client.get(f"/certificates/{certificate.pk}/replace/").content.decode()
    assert f"/listeners/{listener.pk}/" in page
    assert "Open connections are untouched" in page


def test_a_new_version_takes_the_place(admin_client: Client) -> None:
    certificate = stored("www.test")
    leaf = make_leaf("www.test", issuer=ROOT)
    assert replace_by_page(admin_client, certificate, leaf).status_code == 302
    certificate.refresh_from_db()
    assert certificate.current_version is not None
    assert (certificate.current_version.number, certificate.current_version.sha256) == (2, leaf.sha256)


def test_lost_names_stop_the_replacement_until_they_are_allowed(admin_client: Client) -> None:
    certificate = stored("www.test", "api.test")
    leaf = make_leaf("www.test", issuer=ROOT)
    refused = replace_by_page(admin_client, certificate, leaf)
    assert refused.status_code == 422
    assert "api.test" in str(refused.context["form"].errors["may_lose_names"])
    assert leaf.key_pem.decode().splitlines()[1] not in refused.content.decode()
    certificate.refresh_from_db()
    assert certificate.revision == 1
    assert replace_by_page(admin_client, certificate, leaf, may_lose_names="on").status_code == 302


def test_two_operators_replacing_at_once_are_told(admin_client: Client) -> None:
    certificate = stored("www.test")
    replace_by_page(admin_client, certificate, make_leaf("www.test", issuer=ROOT))
    answer = replace_by_page(admin_client, certificate, make_leaf("www.test", issuer=ROOT))
    assert answer.status_code == 412
    assert "changed by someone else" in answer.content.decode()


@pytest.mark.parametrize(
    "fields", [{"certificate_pem": "x"}, {"revision": "x"}, {"revision": ""}, {"private_key_pem": "x"}]
)
def test_bad_input_is_refused_and_changes_nothing(admin_client: Client, fields: dict[str, str]) -> None:
    certificate = stored("www.test")
    assert replace_by_page(admin_client, certificate, make_leaf("www.test"), **fields).status_code == 422
    certificate.refresh_from_db()
    assert certificate.revision == 1
