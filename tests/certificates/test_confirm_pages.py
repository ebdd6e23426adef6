"""Rolling back, renaming and deleting by page: each confirmed first."""

import pytest
from django.test import Client

from certificates.models import Certificate
from tests.certificates.pages import ABSENT, ROOT, replace_by_page, stored
from tests.certs import make_leaf
from tests.factories import make_listener

pytestmark = pytest.mark.django_db


@pytest.fixture
def replaced(admin_client: Client) -> Certificate:
    certificate = stored("www.test", name="web")
    replace_by_page(admin_client, certificate, make_leaf("www.test", "new.test", issuer=ROOT))
    certificate.refresh_from_db()
    return certificate


@pytest.mark.parametrize("end", ["roll-back/", "edit/", "delete/"])
def test_signed_out_one_is_asked_to_sign_in(client: Client, end: str) -> None:
    assert client.get(f"/certificates/{ABSENT}/{end}")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("end", ["roll-back/", "edit/", "delete/"])
def test_other_methods_are_refused(admin_client: Client, replaced: Certificate, end: str) -> None:
    assert admin_client.put(f"/certificates/{replaced.pk}/{end}").status_code == 405


def test_rolling_back_shows_what_changes_and_then_does_it(admin_client: Client, replaced: Certificate) -> None:
    address = f"/certificates/{replaced.pk}/roll-back/"
    page = admin_client.get(address)
    assert "new.test" in page.content.decode()
    form = page.context["form"].initial
    assert admin_client.post(address, form).status_code == 302
    replaced.refresh_from_db()
    assert replaced.current_version is not None
    assert replaced.current_version.number == 1


def test_an_older_version_can_be_named(admin_client: Client, replaced: Certificate) -> None:
    address = f"/certificates/{replaced.pk}/roll-back/"
    assert admin_client.get(address, {"version": "1"}).context["target"].number == 1
    assert admin_client.get(address, {"version": "9"}).status_code == 404
    assert admin_client.get(address, {"version": "2"}).status_code == 409
    assert admin_client.get(address, {"version": "x" * 50}).context["target"].number == 1


def test_a_first_version_has_nothing_to_go_back_to(admin_client: Client) -> None:
    answer = admin_client.get(f"/certificates/{stored('www.test').pk}/roll-back/")
    assert answer.status_code == 409
    assert "no other version" in answer.content.decode()


def test_rolling_back_from_an_old_page_is_refused(admin_client: Client, replaced: Certificate) -> None:
    address = f"/certificates/{replaced.pk}/roll-back/"
    assert admin_client.post(address, {"revision": 1, "version": 1}).status_code == 412
    assert admin_client.post(address, {"revision": "x"})["Location"] == address


def test_renaming_keeps_everything_else(admin_client: Client, replaced: Certificate) -> None:
    address = f"/certificates/{replaced.pk}/edit/"
    assert admin_client.get(address).context["form"].initial["name"] == "web"
    assert admin_client.post(address, {"name": "shop", "revision": replaced.revision}).status_code == 302
    replaced.refresh_from_db()
    assert replaced.name == "shop"


@pytest.mark.parametrize("name", ["", "   ", "x" * 129, "taken", "a\nb"])
def test_a_bad_name_is_refused_at_its_field(admin_client: Client, replaced: Certificate, name: str) -> None:
    stored("other.test", name="taken")
    answer = admin_client.post(f"/certificates/{replaced.pk}/edit/", {"name": name, "revision": replaced.revision})
    assert answer.status_code == 422
    assert "name" in answer.context["form"].errors


def test_deleting_is_confirmed_first(admin_client: Client, replaced: Certificate) -> None:
    address = f"/certificates/{replaced.pk}/delete/"
    assert "its 2 versions" in admin_client.get(address).content.decode()
    assert admin_client.post(address, {"revision": replaced.revision})["Location"] == "/certificates/"
    assert not Certificate.objects.exists()


def test_a_certificate_in_use_is_not_deleted_and_its_users_are_shown(admin_client: Client) -> None:
    certificate = stored("www.test")
    listener = make_listener(certificate_id=certificate.pk)
    address = f"/certificates/{certificate.pk}/delete/"
    assert f"/listeners/{listener.pk}/" in admin_client.get(address).content.decode()
    assert admin_client.post(address, {"revision": 1}).status_code == 409
    assert Certificate.objects.filter(pk=certificate.pk).exists()


def test_deleting_from_an_old_page_is_refused(admin_client: Client, replaced: Certificate) -> None:
    assert admin_client.post(f"/certificates/{replaced.pk}/delete/", {"revision": 1}).status_code == 412
    assert Certificate.objects.exists()
