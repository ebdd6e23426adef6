"""The pages of revocation lists: upload, address, choice, fetch now, delete."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from certificates.models import Certificate, RevocationList
from certificates.parsing.revocation_lists import LARGEST_LIST_BYTES
from tests.certificates.list_server import ListServer, running_server
from tests.certificates.pages import ABSENT, stored
from tests.certificates.revocation import AUTHORITY, carry, import_ca
from tests.certs import Issued, make_ca, make_leaf, make_list

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[ListServer]:
    with running_server() as running:
        yield running


@pytest.fixture
def root() -> Issued:
    return make_ca()


@pytest.fixture
def certificate(root: Issued) -> Certificate:
    return import_ca(root)


def upload(client: Client, certificate: Certificate, data: bytes, choice: str = "refuse") -> Any:
    """Send the upload form."""
    file = SimpleUploadedFile("list.crl", data)
    address = f"/certificates/{certificate.pk}/revocation-lists/upload/"
    return client.post(address, {"file-file": file, "file-when_expired": choice})


def give_address(client: Client, certificate: Certificate, url: str) -> Any:
    """Send the form of an address."""
    address = f"/certificates/{certificate.pk}/revocation-lists/address/"
    return client.post(address, {"url-url": url, "url-when_expired": "ignore"})


@pytest.mark.parametrize("path", [f"certificates/{ABSENT}/revocation-lists/", "revocation-lists/1/"])
def test_signed_out_one_is_asked_to_sign_in(client: Client, path: str) -> None:
    assert client.get(f"/{path}")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("path", ["upload/", "address/"])
def test_signed_out_one_gives_no_list(client: Client, certificate: Certificate, path: str) -> None:
    answer = client.post(f"/certificates/{certificate.pk}/revocation-lists/{path}")
    assert answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(
    "path",
    [f"certificates/{ABSENT}/revocation-lists/", "revocation-lists/1/", "revocation-lists/99999999999999999999/"],
)
def test_absent_one_is_not_found(admin_client: Client, path: str) -> None:
    assert admin_client.get(f"/{path}").status_code == 404


def test_upload_needs_the_pages_token(certificate: Certificate, root: Issued, admin_user: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert upload(client, certificate, make_list(root)).status_code == 403
    assert not RevocationList.objects.exists()


def test_list_is_uploaded(admin_client: Client, certificate: Certificate, root: Issued) -> None:
    answer = upload(admin_client, certificate, make_list(root, make_leaf(issuer=root), number=26), "ignore")
    assert answer["Location"] == f"/certificates/{certificate.pk}/revocation-lists/"
    row = RevocationList.objects.get()
    assert (row.entries, row.when_expired) == (1, "ignore")
    page = admin_client.get(f"/certificates/{certificate.pk}/").content.decode()
    assert "number 26" in page
    assert "who is on a list is refused" in page


def test_list_of_five_megabytes_is_taken(admin_client: Client, certificate: Certificate, root: Issued) -> None:
    pem = b"# a comment\n" * 420_000 + b"-----BEGIN X509 CRL-----\nMA==\n-----END X509 CRL-----\n"
    page = upload(admin_client, certificate, pem).content.decode()
    assert "cannot be read" in page  # and not: too large


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "is empty"), (b"noise", "no revocation list"), (b"\x30" * (LARGEST_LIST_BYTES + 1), "at most 33554432")],
)
def test_bad_upload_is_explained(admin_client: Client, certificate: Certificate, data: bytes, words: str) -> None:
    answer = upload(admin_client, certificate, data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not RevocationList.objects.exists()


def test_form_without_a_file_is_shown_again(admin_client: Client, certificate: Certificate) -> None:
    answer = admin_client.post(f"/certificates/{certificate.pk}/revocation-lists/upload/")
    assert answer.status_code == 422


def test_server_certificate_has_no_such_page(admin_client: Client) -> None:
    assert admin_client.get(f"/certificates/{stored('www.test').pk}/revocation-lists/").status_code == 409


def test_address_is_added_and_fetched_again_on_demand(
    admin_client: Client, certificate: Certificate, root: Issued, server: ListServer
) -> None:
    server.publish(make_list(root, number=1))
    assert give_address(admin_client, certificate, server.address()).status_code == 302
    row = RevocationList.objects.get()
    assert (row.source, row.when_expired) == ("url", "ignore")
    server.publish(make_list(root, number=2))
    answer = admin_client.post(f"/revocation-lists/{row.pk}/fetch/", follow=True)
    assert "A newer list was fetched" in answer.content.decode()
    answer = admin_client.post(f"/revocation-lists/{row.pk}/fetch/", follow=True)
    assert "still has the same list" in answer.content.decode()


def test_fetch_that_fails_is_explained_and_kept(
    admin_client: Client, certificate: Certificate, root: Issued, server: ListServer
) -> None:
    server.publish(make_list(root, number=1))
    give_address(admin_client, certificate, server.address())
    row = RevocationList.objects.get()
    server.say(404)
    page = admin_client.post(f"/revocation-lists/{row.pk}/fetch/", follow=True).content.decode()
    assert page.count("it answers 404") == 2  # as the message of now, and as the list's last problem


def test_address_that_does_not_answer_stores_nothing(
    admin_client: Client, certificate: Certificate, server: ListServer
) -> None:
    server.say(503)
    answer = give_address(admin_client, certificate, server.address())
    assert answer.status_code == 422
    assert "it answers 503" in answer.content.decode()
    assert not RevocationList.objects.exists()


def test_choice_for_the_end_is_changed_and_an_old_page_refused(
    admin_client: Client, certificate: Certificate, root: Issued
) -> None:
    row = carry(certificate, make_list(root))
    address = f"/revocation-lists/{row.pk}/"
    assert admin_client.get(address).status_code == 200
    assert admin_client.post(address, {"when_expired": "ignore", "revision": 1}).status_code == 302
    assert admin_client.post(address, {"when_expired": "refuse", "revision": 1}).status_code == 412
    assert admin_client.post(address, {"when_expired": "sing", "revision": 2}).status_code == 422
    row.refresh_from_db()
    assert row.when_expired == "ignore"


def test_deleting_says_who_is_let_in_again(admin_client: Client, certificate: Certificate, root: Issued) -> None:
    row = carry(certificate, make_list(root, make_leaf(issuer=root)), AUTHORITY)
    address = f"/revocation-lists/{row.pk}/delete/"
    page = admin_client.get(address).content.decode()
    assert "let the client that it names in again" in page
    assert "brings its list back" in page
    assert admin_client.post(address, {"revision": 7}).status_code == 412
    assert admin_client.post(address, {"revision": 1})["Location"].endswith("/revocation-lists/")
    assert not RevocationList.objects.exists()


def test_list_that_waits_for_another_says_so(admin_client: Client) -> None:
    one, two = make_ca("One"), make_ca("Two")
    certificate = import_ca(one, two)
    answer = upload(admin_client, certificate, make_list(one))
    page = admin_client.get(answer["Location"]).content.decode()
    assert "Not in force" in page
    assert "every client of CN=Two,O=Test would be refused" in page
