"""Importing a certificate by page."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from certificates.models import Certificate
from certificates.services import import_certificate
from console.errors import DomainError
from console.uploads import MemoryUploadHandler
from events.actor import COMMAND
from tests.certificates.pages import ROOT, import_by_page
from tests.certificates.test_bad_input import CASES
from tests.certs import make_leaf

pytestmark = pytest.mark.django_db


def test_signed_out_one_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/certificates/import/")["Location"] == "/sign-in/?next=/certificates/import/"


def test_pasted_text_is_imported(admin_client: Client) -> None:
    answer = import_by_page(admin_client, make_leaf("www.test", issuer=ROOT), name="web")
    certificate = Certificate.objects.get()
    assert answer["Location"] == f"/certificates/{certificate.pk}/"
    assert (certificate.name, certificate.created_by) == ("web", "admin")


def test_files_are_imported_and_win_over_text(admin_client: Client) -> None:
    leaf = make_leaf("www.test", issuer=ROOT)
    files = {
        "certificate_file": SimpleUploadedFile("a.pem", leaf.chain_pem),
        "key_file": SimpleUploadedFile("a.key", leaf.key_pem),
    }
    import_by_page(admin_client, make_leaf("other.test"), **files)
    assert Certificate.objects.get().name == "www.test"


def test_an_encrypted_key_is_opened_by_its_passphrase(admin_client: Client) -> None:
    leaf = make_leaf("www.test", issuer=ROOT)
    sealed = {"private_key_pem": leaf.encrypted_key_pem("sesame").decode()}
    assert import_by_page(admin_client, leaf, **sealed, passphrase="wrong").status_code == 422
    assert import_by_page(admin_client, leaf, **sealed, passphrase="sesame").status_code == 302


def test_a_ca_certificate_needs_no_key(admin_client: Client) -> None:
    import_by_page(admin_client, ROOT, kind="ca", private_key_pem="")
    assert Certificate.objects.get().kind == "ca"


def test_an_error_is_at_its_field_and_the_key_is_never_sent_back(admin_client: Client) -> None:
    leaf, other = make_leaf("www.test"), make_leaf("www.test")
    answer = import_by_page(admin_client, leaf, private_key_pem=other.key_pem.decode(), passphrase="sesame")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "belongs to another certificate" in str(answer.context["form"].errors["private_key_pem"])
    assert leaf.pem.decode().splitlines()[1] in page
    assert other.key_pem.decode().splitlines()[1] not in page
    assert "sesame" not in page
    assert not Certificate.objects.exists()


def test_the_key_is_in_no_session(admin_client: Client) -> None:
    leaf = make_leaf("www.test")
    import_by_page(admin_client, leaf)
    import_by_page(admin_client, leaf, certificate_pem="nonsense")
    assert leaf.key_pem.decode().splitlines()[1] not in str(dict(admin_client.session.items()))


def test_warnings_are_shown_after_the_import(admin_client: Client) -> None:
    import_by_page(admin_client, make_leaf("www.test", issuer=ROOT))
    assert "is imported" in admin_client.get("/certificates/").content.decode()


def test_one_returns_to_where_one_came_from_with_the_new_id(admin_client: Client) -> None:
    answer = import_by_page(admin_client, make_leaf("www.test", issuer=ROOT), next="/instances/x/?step=2")
    assert answer["Location"] == f"/instances/x/?step=2&imported={Certificate.objects.get().pk}"


@pytest.mark.parametrize("address", ["https://evil.test/", "//evil.test", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_host(admin_client: Client, address: str) -> None:
    answer = import_by_page(admin_client, make_leaf("www.test", issuer=ROOT), next=address)
    assert answer["Location"].startswith("/certificates/")


def test_the_kind_can_come_with_the_address(admin_client: Client) -> None:
    page = admin_client.get("/certificates/import/?kind=ca")
    assert page.context["form"]["kind"].value() == "ca"


@pytest.mark.parametrize(
    "fields",
    [
        {"certificate_pem": ""},
        {"certificate_pem": "<html>"},
        {"certificate_pem": "-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----"},
        {"kind": "elephant"},
        {"name": "x" * 129},
        {"private_key_pem": ""},
        {"certificate_file": SimpleUploadedFile("noise", b"\x00\xff" * 5000)},
        {"certificate_file": SimpleUploadedFile("empty", b"")},
    ],
)
def test_bad_input_is_refused_and_stores_nothing(admin_client: Client, fields: dict[str, object]) -> None:
    assert import_by_page(admin_client, make_leaf("www.test"), **fields).status_code == 422
    assert not Certificate.objects.exists()


@pytest.mark.parametrize(("file", "field"), [("certificate_file", "certificate_pem"), ("key_file", "private_key_pem")])
@pytest.mark.parametrize("size", [1_000_001, 10_000_000])
def test_a_file_that_is_too_large_is_said_to_be_so(admin_client: Client, file: str, field: str, size: int) -> None:
    noise = SimpleUploadedFile("noise", b"\x00" * size)
    answer = import_by_page(admin_client, make_leaf("www.test"), **{file: noise})
    assert answer.status_code == 422
    assert "more than 1000000 bytes" in str(answer.context["form"].errors[field])
    assert not Certificate.objects.exists()


def test_a_large_file_costs_no_memory_beyond_the_limit(settings: Settings) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    handler = MemoryUploadHandler()
    kept = []
    for name in ("one", "two", "three"):
        handler.new_file(name, name, "text/plain", 6)
        handler.receive_data_chunk(b"123456", 0)
        kept.append(handler.file_complete(6))
    assert [(file.size, file.read()) for file in kept] == [(6, b"123456"), (6, b""), (6, b"")]


def test_a_duplicate_says_which_certificate_it_is(admin_client: Client) -> None:
    leaf = make_leaf("www.test", issuer=ROOT)
    import_by_page(admin_client, leaf, name="first")
    answer = import_by_page(admin_client, leaf, name="second")
    assert answer.status_code == 422
    assert "first" in str(answer.context["form"].errors)


def test_other_methods_are_refused(admin_client: Client) -> None:
    assert admin_client.put("/certificates/import/").status_code == 405


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_refused_in_the_words_of_the_other_interfaces(admin_client: Client, name: str) -> None:
    kind, certificate, key, passphrase, _code, field = CASES[name]
    files = {"certificate_file": SimpleUploadedFile("certificate.pem", certificate)}
    if key is not None:
        files["key_file"] = SimpleUploadedFile("key.pem", key)
    given = {"kind": kind, "name": "x", "passphrase": passphrase or "", **files}
    with pytest.raises(DomainError) as caught:
        import_certificate(
            COMMAND, kind=kind, name="x", certificate_pem=certificate, private_key_pem=key, passphrase=passphrase
        )
    answer = admin_client.post("/certificates/import/", given)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: [str(caught.value)]}
    assert not key or len(key) < 100 or key[60:100] not in answer.content
    assert not Certificate.objects.exists()
