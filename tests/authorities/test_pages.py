"""Pages of authorities and CA repositories: happy paths, bad input, and who may see them."""

from http import HTTPStatus
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from authorities.models import Authority, IssuedCertificate, Repository
from authorities.selectors import path_length_of
from authorities.services import revoke_certificate
from authorities.services.repositories import create_repository
from certificates.models import Certificate
from tests.authorities.rows import issue_client, make_root, make_subordinate
from tests.certificates.repository import ALICE
from tests.certs import make_ca, make_leaf

pytestmark = pytest.mark.django_db


def text_of(answer: Any) -> str:
    content: str = answer.content.decode()
    return content


def test_every_page_of_an_authority_shows(admin_client: Client) -> None:
    root = make_root("Root", path_length=1, permitted_names=["example.test"], excluded_names=["10.0.0.0/8"])
    subordinate = make_subordinate(root, "Below")
    issued = issue_client(subordinate, "alice")
    revoke_certificate(ALICE, subordinate.pk, issued.version.serial, reason="superseded")
    issue_client(subordinate, "bob")
    base = f"/authorities/{subordinate.pk}/"
    pages = {
        "/authorities/": "Below",
        "/authorities/create/": "Create root authority",
        f"/authorities/create/?parent_id={root.pk}": "signed by “Root”",
        base: "bob",
        f"{base}?q=alice&state=revoked": "Superseded",
        f"{base}?q=nobody": "No certificate matches",
        f"{base}list/": f"/pki/{subordinate.pk}.crl",
        f"/authorities/{root.pk}/settings/": "example.test",
        f"{base}issue/": "Signed by “Below”",
        f"{base}issue-table/": "common_name",
        f"{base}delete/": "Its key is destroyed",
    }
    for address, words in pages.items():
        answer = admin_client.get(address)
        assert answer.status_code == HTTPStatus.OK, address
        assert words in text_of(answer), address
        assert Client().get(address)["Location"].startswith("/sign-in/"), address


def test_a_root_is_created_by_the_form(admin_client: Client) -> None:
    form = {"common_name": "Root", "organization": "Shop", "key_type": "P-384", "days": "3650", "path_length": "1"}
    answer = admin_client.post("/authorities/create/", {**form, "permitted_names": "example.test\n10.0.0.0/8"})
    authority = Authority.objects.get()
    assert answer["Location"] == f"/authorities/{authority.pk}/"
    below = {**form, "common_name": "Below", "parent_id": authority.pk, "days": "365", "path_length": "0"}
    admin_client.post("/authorities/create/", below)
    assert Authority.objects.get(parent=authority).certificate.name == "Below"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"common_name": ""}, "required"),
        ({"days": "0"}, "greater than or equal to 1"),
        ({"days": "x"}, "whole number"),
        ({"country": "D"}, "two letters"),
        ({"permitted_names": "a b/c"}, "neither a domain"),
        ({"key_type": "DSA"}, "not one of the available choices"),
        ({"path_length": "9"}, "not one of the available choices"),
    ],
)
def test_a_wrong_authority_is_shown_in_the_form(admin_client: Client, wrong: dict[str, str], said: str) -> None:
    form = {"common_name": "Root", "key_type": "P-256", "days": "10", "path_length": "0"}
    answer = admin_client.post("/authorities/create/", {**form, **wrong})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in text_of(answer)
    assert not Authority.objects.exists()


def test_a_certificate_is_issued_by_the_form(admin_client: Client) -> None:
    authority = make_root()
    form = {"purpose": "client", "common_name": "alice", "days": "30", "key_type": "P-256"}
    answer = admin_client.post(f"/authorities/{authority.pk}/issue/", form)
    certificate = Certificate.objects.get(kind="client")
    assert answer["Location"] == f"/certificates/{certificate.pk}/"
    assert admin_client.get(answer["Location"]).status_code == HTTPStatus.OK
    assert certificate.name in text_of(admin_client.get("/certificates/?kind=client"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"common_name": ""}, "needs a common name"),
        ({"purpose": "server"}, "1 to 100 names"),
        ({"names": "f*.test"}, "neither a host name"),
        ({"csr_pem": "nothing"}, "signing request is refused"),
        ({"days": "36000"}, "outlive its authority"),
        ({"purpose": "ca"}, "not one of the available choices"),
    ],
)
def test_a_wrong_order_is_shown_in_the_form(admin_client: Client, wrong: dict[str, str], said: str) -> None:
    authority = make_root()
    form = {"purpose": "client", "common_name": "alice", "days": "30", "key_type": "P-256", **wrong}
    answer = admin_client.post(f"/authorities/{authority.pk}/issue/", form)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in text_of(answer)
    assert not IssuedCertificate.objects.exists()


def test_a_table_is_issued_from_a_file(admin_client: Client) -> None:
    address = f"/authorities/{make_root().pk}/issue-table/"
    answer = admin_client.post(address, {"file": SimpleUploadedFile("people.csv", b"common_name\nalice\nbob\n")})
    assert answer.status_code == HTTPStatus.FOUND
    assert IssuedCertificate.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The first line"),
        (b"\xff", "not text"),
        (b"common_name,days\nx,0\n", "Line 2"),
        (b"x" * 1_100_000, "1000000"),
    ],
)
def test_a_wrong_table_is_shown_in_the_form(admin_client: Client, content: bytes, said: str) -> None:
    address = f"/authorities/{make_root().pk}/issue-table/"
    answer = admin_client.post(address, {"file": SimpleUploadedFile("people.csv", content)})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in text_of(answer)


def test_a_certificate_is_revoked_after_a_confirmation(admin_client: Client) -> None:
    authority = make_root()
    serial = issue_client(authority).version.serial
    address = f"/authorities/{authority.pk}/certificates/{serial}/revoke/"
    page = text_of(admin_client.get(address))
    assert "cannot be undone" in page
    assert "certificate_hold" not in page
    assert admin_client.post(address, {"reason": "certificate_hold"}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert admin_client.post(address, {"reason": "key_compromise"}).status_code == HTTPStatus.FOUND
    again = admin_client.get(address)
    assert again.status_code == HTTPStatus.CONFLICT
    assert "Revoked already" in text_of(again)


def test_the_page_of_a_certificate_leads_to_its_revocation_and_says_it(admin_client: Client) -> None:
    authority = make_root()
    issued = issue_client(authority)
    address = f"/certificates/{issued.certificate.pk}/"
    revoke = f"/authorities/{authority.pk}/certificates/{issued.version.serial}/revoke/"
    assert revoke in text_of(admin_client.get(address))
    revoke_certificate(ALICE, authority.pk, issued.version.serial, reason="key_compromise")
    page = text_of(admin_client.get(address))
    assert revoke not in page
    assert "Revoked by its authority: Key compromise" in page


def test_settings_are_saved_once_for_each_revision(admin_client: Client) -> None:
    authority = make_root()
    address = f"/authorities/{authority.pk}/settings/"
    assert admin_client.post(address, {"crl_hours": "24", "revision": "1"}).status_code == HTTPStatus.FOUND
    stale = admin_client.post(address, {"crl_hours": "48", "revision": "1"})
    assert stale.status_code == HTTPStatus.PRECONDITION_FAILED
    wrong = admin_client.post(address, {"crl_hours": "0", "revision": "2"})
    assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_list_is_published_by_a_button(admin_client: Client) -> None:
    authority = make_root()
    address = f"/authorities/{authority.pk}/publish/"
    assert admin_client.post(address)["Location"] == f"/authorities/{authority.pk}/list/"
    assert admin_client.get(address).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    authority.refresh_from_db()
    assert authority.published.number == 2


def test_an_authority_is_deleted_when_its_certificates_are_abandoned(admin_client: Client) -> None:
    authority = make_root()
    issue_client(authority)
    address = f"/authorities/{authority.pk}/delete/"
    refused = admin_client.post(address, {"revision": "1"})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "still valid" in text_of(refused)
    assert admin_client.post(address, {"revision": "1", "abandon": "on"})["Location"] == "/authorities/"


def test_a_repository_lives_by_its_pages(admin_client: Client) -> None:
    assert "No repository yet" in text_of(admin_client.get("/ca-repositories/"))
    admin_client.post("/ca-repositories/create/", {"name": "Partners", "description": "of the shop"})
    repository = Repository.objects.get()
    base = f"/ca-repositories/{repository.pk}/"
    assert "No certificate yet" in text_of(admin_client.get(base))
    admin_client.post(f"{base}upload/", {"certificate_pem": make_ca("Partner").pem.decode()})
    assert "partner" in text_of(admin_client.get(base)).lower()
    wrong = admin_client.post(f"{base}upload/", {"certificate_pem": make_leaf().pem.decode()})
    assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    repository.refresh_from_db()
    edited = {"name": "Suppliers", "revision": str(repository.revision)}
    assert admin_client.get(f"{base}edit/").status_code == HTTPStatus.OK
    assert admin_client.post(f"{base}edit/", edited).status_code == HTTPStatus.FOUND
    assert admin_client.post(f"{base}edit/", edited).status_code == HTTPStatus.PRECONDITION_FAILED
    certificate = Certificate.objects.get()
    admin_client.post(f"{base}certificates/{certificate.pk}/remove/")
    repository.refresh_from_db()
    assert "stay stored" in text_of(admin_client.get(f"{base}delete/"))
    admin_client.post(f"{base}delete/", {"revision": str(repository.revision)})
    assert not Repository.objects.exists()


def test_a_taken_repository_name_is_shown_in_the_form(admin_client: Client) -> None:
    create_repository(ALICE, name="Partners")
    answer = admin_client.post("/ca-repositories/create/", {"name": "Partners"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Another repository" in text_of(answer)


@pytest.mark.parametrize(
    "address",
    [
        "/authorities/ca-none/",
        "/authorities/ca-none/list/",
        "/authorities/ca-none/settings/",
        "/authorities/ca-none/issue/",
        "/authorities/ca-none/issue-table/",
        "/authorities/ca-none/delete/",
        "/authorities/create/?parent_id=ca-none",
        "/authorities/ca-none/certificates/1/revoke/",
        "/ca-repositories/repo-none/",
        "/ca-repositories/repo-none/edit/",
        "/ca-repositories/repo-none/upload/",
        "/ca-repositories/repo-none/delete/",
    ],
)
def test_what_is_absent_is_not_found(admin_client: Client, address: str) -> None:
    assert admin_client.get(address).status_code == HTTPStatus.NOT_FOUND


def test_the_list_of_issued_certificates_stays_within_its_queries(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    authority = make_root()
    for number in range(5):
        issue_client(authority, f"client {number}")
    admin_client.get("/authorities/")
    for address in ("/authorities/", f"/authorities/{authority.pk}/", f"/authorities/{authority.pk}/list/"):
        with django_assert_max_num_queries(12):
            admin_client.get(address)


@pytest.mark.parametrize("address", ["/authorities/{authority}/issue-table/", "/ca-repositories/{repository}/upload/"])
def test_a_form_without_a_file_and_without_text_says_what_to_give(admin_client: Client, address: str) -> None:
    repository = create_repository(ALICE, name="Partners")
    answer = admin_client.post(address.format(authority=make_root().pk, repository=repository.pk), {"sent": "1"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Choose a file, or paste its text here." in text_of(answer)


def test_the_page_of_a_certificate_leads_to_its_authority(admin_client: Client) -> None:
    root = make_root("Root", path_length=1)
    subordinate = make_subordinate(root, "Below")
    issued = issue_client(subordinate)
    page = text_of(admin_client.get(f"/certificates/{issued.certificate.pk}/"))
    assert f"/authorities/{subordinate.pk}/certificates/{issued.version.serial}/revoke/" in page
    assert "Clients present it" in page
    page = text_of(admin_client.get(f"/certificates/{subordinate.certificate_id}/"))
    for part in (f"/authorities/{root.pk}/", f"/authorities/{subordinate.pk}/", "/renew/"):
        assert part in page


def test_deleting_an_authority_says_how_many_certificates_are_abandoned(admin_client: Client) -> None:
    root = make_root()
    issue_client(root, "alice")
    issue_client(root, "bob")
    assert "although 2 certificates of it are valid" in text_of(admin_client.get(f"/authorities/{root.pk}/delete/"))


def test_an_authority_without_a_limit_of_levels_is_created(admin_client: Client) -> None:
    form = {"common_name": "Root", "key_type": "P-256", "days": "365", "path_length": "any"}
    assert admin_client.post("/authorities/create/", form).status_code == HTTPStatus.FOUND
    assert path_length_of(Authority.objects.get()) is None
