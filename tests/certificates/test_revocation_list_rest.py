"""The REST resource of revocation lists, and the command that imports one."""

import base64
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from access.tokens import create_token
from certificates.models import Certificate, RevocationList
from certificates.parsing.revocation_lists import LARGEST_LIST_BYTES
from tests.certificates.list_server import running_server
from tests.certificates.revocation import import_ca
from tests.certs import Issued, make_ca, make_leaf, make_list

pytestmark = pytest.mark.django_db


@pytest.fixture
def rest() -> Client:
    """Return a client with a token."""
    token = create_token(User.objects.create_user("robot"))
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def root() -> Issued:
    return make_ca()


@pytest.fixture
def certificate(root: Issued) -> Certificate:
    return import_ca(root)


@pytest.fixture
def path(certificate: Certificate) -> str:
    return f"/api/v1/certificates/{certificate.pk}/revocation-lists"


def pem(der: bytes) -> str:
    return f"-----BEGIN X509 CRL-----\n{base64.encodebytes(der).decode()}-----END X509 CRL-----\n"


def send(rest: Client, method: str, path: str, body: Any, **headers: str) -> Any:
    return getattr(rest, method)(path, body, content_type="application/json", headers=headers)


def test_list_is_given_as_text(rest: Client, path: str, root: Issued) -> None:
    text = pem(make_list(root, make_leaf(issuer=root), number=26))
    answer = send(rest, "post", path, {"crl_pem": text, "when_expired": "ignore"})
    assert (answer.status_code, answer["ETag"]) == (201, '"1"')
    created = answer.json()
    assert (created["number"], created["entries"], created["state"]) == ("26", 1, "in-force")
    listed = rest.get(path).json()
    assert listed["items"] == [created]
    assert listed["is_checked"]
    assert rest.get(f"{path}/{created['id']}").json() == created


def test_list_is_given_as_the_body(rest: Client, path: str, root: Issued) -> None:
    answer = rest.post(f"{path}/upload?when_expired=ignore", make_list(root), content_type="application/pkix-crl")
    assert (answer.status_code, answer.json()["when_expired"]) == (201, "ignore")


def test_body_above_the_limit_is_refused(rest: Client, path: str) -> None:
    answer = rest.post(f"{path}/upload", b"\x30" * (LARGEST_LIST_BYTES + 9), content_type="application/pkix-crl")
    assert (answer.status_code, answer.json()["code"]) == (413, "crl.too-large")


def test_list_is_given_as_an_address_and_fetched_again(rest: Client, path: str, root: Issued) -> None:
    with running_server() as server:
        server.publish(make_list(root, number=1))
        created = send(rest, "post", path, {"url": server.address()}).json()
        server.publish(make_list(root, number=2))
        fetched = rest.post(f"{path}/{created['id']}/fetch").json()
    assert (created["number"], fetched["number"]) == ("1", "2")
    answer = rest.post(f"{path}/{created['id']}/fetch")
    assert (answer.status_code, answer.json()["code"]) == (502, "crl.fetch-failed")


@pytest.mark.parametrize("body", [{}, {"crl_pem": "x", "url": "http://crl.test/"}])
def test_one_source_is_needed(rest: Client, path: str, body: dict[str, str]) -> None:
    assert send(rest, "post", path, body).json()["code"] == "crl.one-source"


@pytest.mark.parametrize("body", [{"crl_pem": "x", "colour": "red"}, {"crl_pem": "x", "when_expired": "sing"}])
def test_bad_field_is_refused(rest: Client, path: str, body: dict[str, str]) -> None:
    assert send(rest, "post", path, body).status_code == 422


def test_choice_is_changed_with_the_revision_that_was_read(rest: Client, path: str, root: Issued) -> None:
    created = send(rest, "post", path, {"crl_pem": pem(make_list(root))}).json()
    address = f"{path}/{created['id']}"
    changed = send(rest, "patch", address, {"when_expired": "ignore"}, **{"If-Match": '"1"'})
    assert (changed.json()["when_expired"], changed["ETag"]) == ("ignore", '"2"')
    stale = send(rest, "patch", address, {"when_expired": "refuse"}, **{"If-Match": '"1"'})
    assert stale.status_code == 412


def test_list_is_deleted(rest: Client, path: str, root: Issued) -> None:
    created = send(rest, "post", path, {"crl_pem": pem(make_list(root))}).json()
    address = f"{path}/{created['id']}"
    assert rest.delete(address, headers={"If-Match": '"7"'}).status_code == 412
    assert rest.delete(address).status_code == 204
    assert rest.delete(address).status_code == 404
    assert not RevocationList.objects.exists()


def test_list_of_another_certificate_is_not_found(rest: Client, path: str, root: Issued) -> None:
    created = send(rest, "post", path, {"crl_pem": pem(make_list(root))}).json()
    other = import_ca(make_ca("Other"))
    assert rest.get(f"/api/v1/certificates/{other.pk}/revocation-lists/{created['id']}").status_code == 404


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("importcrl", *arguments, stdout=output)
    return output.getvalue()


def test_command_imports_a_file(certificate: Certificate, root: Issued, tmp_path: Path) -> None:
    file = tmp_path / "list.crl"
    file.write_bytes(make_list(root, number=26))
    said = run(certificate.pk, str(file), "--when-expired", "ignore")
    assert "number 26 of CN=Test Root,O=Test, 0 entries" in said
    assert "Clients and the authorities between are checked" in said
    assert RevocationList.objects.get().when_expired == "ignore"


def test_command_reads_standard_input(certificate: Certificate, root: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = type("Stdin", (), {"buffer": BytesIO(make_list(root))})
    monkeypatch.setattr("sys.stdin", stdin)
    assert "0 entries" in run(certificate.pk, "-")


def test_command_fetches_an_address(certificate: Certificate, root: Issued) -> None:
    with running_server() as server:
        server.publish(make_list(root))
        run(certificate.pk, "--url", server.address())
    assert RevocationList.objects.get().source == "url"


def test_command_explains_what_is_wrong(certificate: Certificate, tmp_path: Path) -> None:
    file = tmp_path / "noise.crl"
    file.write_bytes(b"noise")
    for arguments, words in (
        ([certificate.pk], "Give a file"),
        ([certificate.pk, str(tmp_path / "absent")], "cannot be read"),
        ([certificate.pk, str(file)], "no revocation list"),
        (["cert-absent", str(file)], "There is no certificate"),
    ):
        with pytest.raises(CommandError, match=words):
            run(*arguments)
