"""Replacing a certificate by page."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from certificates.models import Replacement
from tests.certificates.pages import ABSENT, ROOT, replace_by_page, stored
from tests.certs import ecdsa_key, make_leaf
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


def test_lost_names_are_shown_with_who_serves_them_before_anything_is_stored(admin_client: Client) -> None:
    certificate = stored("www.test", "api.test")
    listener = make_listener(certificate_id=certificate.pk)
    leaf = make_leaf("www.test", issuer=ROOT)
    taken = replace_by_page(admin_client, certificate, leaf)
    page = admin_client.get(taken["Location"]).content.decode()
    assert "api.test" in page
    assert f"/listeners/{listener.pk}/" in page
    assert leaf.key_pem.decode().splitlines()[1] not in page
    assert leaf.key_pem.splitlines()[1] not in bytes(Replacement.objects.get().token)
    certificate.refresh_from_db()
    assert certificate.revision == 1


def test_lost_names_are_let_go_for_a_reason_only(admin_client: Client) -> None:
    certificate = stored("www.test", "api.test")
    place = replace_by_page(admin_client, certificate, make_leaf("www.test", issuer=ROOT))["Location"]
    refused = admin_client.post(place, {"reason": " "})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    assert admin_client.post(place, {"reason": "The API moved"}).status_code == 302
    certificate.refresh_from_db()
    assert certificate.current_version is not None
    assert (certificate.current_version.number, certificate.current_version.reason) == (2, "The API moved")
    assert "The API moved" in admin_client.get(f"/certificates/{certificate.pk}/").content.decode()
    assert not Replacement.objects.exists()
    assert admin_client.post(place, {"reason": "again"}).status_code == 404


def test_a_key_used_again_is_shown_and_needs_no_reason(admin_client: Client) -> None:
    key = ecdsa_key()
    certificate = stored("www.test", key=key)
    place = replace_by_page(admin_client, certificate, make_leaf("www.test", issuer=ROOT, key=key))["Location"]
    assert "the same key" in admin_client.get(place).content.decode()
    assert admin_client.post(place).status_code == 302
    certificate.refresh_from_db()
    assert certificate.revision == 2


def test_an_upload_is_for_who_made_it_and_for_an_hour(admin_client: Client, django_user_model: type[User]) -> None:
    certificate = stored("www.test", "api.test")
    place = replace_by_page(admin_client, certificate, make_leaf("www.test", issuer=ROOT))["Location"]
    other = Client()
    other.force_login(django_user_model.objects.create_user("bob"))
    assert other.get(place).status_code == 404
    assert admin_client.get(f"/certificates/{certificate.pk}/replace/a%00b/").status_code == 404
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=61)):
        admin_client.force_login(django_user_model.objects.get(username="admin"))
        assert admin_client.get(place).status_code == 404


def test_a_certificate_replaced_meanwhile_is_not_replaced_again(admin_client: Client) -> None:
    certificate = stored("www.test", "api.test")
    place = replace_by_page(admin_client, certificate, make_leaf("www.test", issuer=ROOT))["Location"]
    replace_by_page(admin_client, certificate, make_leaf("www.test", "api.test", issuer=ROOT))
    assert admin_client.post(place, {"reason": "x"}).status_code == 412


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
