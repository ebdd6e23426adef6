"""Answer OCSP: good, revoked, unknown; OpenSSL is the client."""

import base64
import datetime as dt
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from authorities.models import Authority, Responder
from authorities.services import revoke_certificate
from certificates.services import Imported
from tests.authorities.openssl import openssl
from tests.authorities.rows import issue_client, make_root, make_subordinate, x509_of
from tests.certificates.repository import ALICE

pytestmark = pytest.mark.django_db

REQUEST_TYPE = "application/ocsp-request"


def question(authority: Authority, issued: Imported, nonce: bytes = b"") -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        x509_of(issued.certificate), x509_of(authority.certificate), hashes.SHA1()
    )
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(serialization.Encoding.DER)


def ask(client: Client, authority: Authority, data: bytes) -> ocsp.OCSPResponse:
    answer = client.post(f"/pki/{authority.pk}/ocsp", data, content_type=REQUEST_TYPE)
    assert (answer.status_code, answer["Content-Type"]) == (HTTPStatus.OK, "application/ocsp-response")
    return ocsp.load_der_ocsp_response(answer.content)


def write_files(folder: Path, authority: Authority, issued: Imported) -> tuple[Path, Path]:
    ca, leaf = folder / "ca.pem", folder / "leaf.pem"
    ca.write_bytes(x509_of(authority.certificate).public_bytes(serialization.Encoding.PEM))
    leaf.write_text(issued.version.leaf_pem)
    return ca, leaf


@pytest.mark.parametrize("key_type", ["P-256", "P-384", "RSA-2048"])
def test_openssl_verifies_good_and_revoked(client: Client, tmp_path: Path, key_type: str) -> None:
    authority = make_root(key_type=key_type)
    issued = issue_client(authority)
    ca, leaf = write_files(tmp_path, authority, issued)
    common = ("ocsp", "-issuer", ca, "-cert", leaf, "-CAfile", ca, "-no_nonce")

    def verdict() -> str:
        openssl("ocsp", "-issuer", ca, "-cert", leaf, "-reqout", tmp_path / "ask.der")
        answer = client.post(
            f"/pki/{authority.pk}/ocsp", (tmp_path / "ask.der").read_bytes(), content_type=REQUEST_TYPE
        )
        (tmp_path / "answer.der").write_bytes(answer.content)
        return openssl(*common, "-respin", tmp_path / "answer.der")

    assert "Response verify OK" in verdict()
    assert f"{leaf}: good" in verdict()
    revoke_certificate(ALICE, authority.pk, issued.version.serial, reason="key_compromise")
    assert f"{leaf}: revoked" in verdict()
    assert "Reason: keyCompromise" in verdict()


def test_openssl_asks_over_the_wire(live_server: LiveServer, tmp_path: Path) -> None:
    authority = make_root()
    ca, leaf = write_files(tmp_path, authority, issue_client(authority))
    url = f"{live_server.url}/pki/{authority.pk}/ocsp"
    said = openssl("ocsp", "-issuer", ca, "-cert", leaf, "-CAfile", ca, "-url", url)
    assert "Response verify OK" in said
    assert f"{leaf}: good" in said
    assert "once" not in said  # a warning that its nonce was not repeated


def test_an_answer_in_the_address_may_be_kept_until_it_ends(client: Client) -> None:
    authority = make_root()
    encoded = quote(base64.b64encode(question(authority, issue_client(authority))).decode(), safe="")
    answer = client.get(f"/pki/{authority.pk}/ocsp/{encoded}")
    assert ocsp.load_der_ocsp_response(answer.content).certificate_status == ocsp.OCSPCertStatus.GOOD
    assert answer["Cache-Control"].startswith("max-age=")
    assert answer["ETag"]
    assert answer["Last-Modified"]


def test_an_answer_to_a_nonce_is_not_kept(client: Client) -> None:
    authority = make_root()
    encoded = quote(base64.b64encode(question(authority, issue_client(authority), b"n" * 32)).decode(), safe="")
    answer = client.get(f"/pki/{authority.pk}/ocsp/{encoded}")
    assert answer["Cache-Control"] == "no-store"
    extensions = ocsp.load_der_ocsp_response(answer.content).extensions
    assert extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 32


def test_a_serial_number_that_was_never_issued_is_unknown(client: Client) -> None:
    authority = make_root()
    request = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        *hashes_of(authority), serial_number=4711, algorithm=hashes.SHA256()
    )
    answer = ask(client, authority, request.build().public_bytes(serialization.Encoding.DER))
    assert answer.certificate_status == ocsp.OCSPCertStatus.UNKNOWN


def hashes_of(authority: Authority) -> tuple[bytes, bytes]:
    ca = x509_of(authority.certificate)
    request = ocsp.OCSPRequestBuilder().add_certificate(ca, ca, hashes.SHA256()).build()
    return request.issuer_name_hash, request.issuer_key_hash


def test_the_certificate_of_another_authority_is_not_answered_for(client: Client) -> None:
    root = make_root(path_length=1)
    subordinate = make_subordinate(root)
    answer = ask(client, root, question(subordinate, issue_client(subordinate)))
    assert answer.response_status == ocsp.OCSPResponseStatus.UNAUTHORIZED


def test_the_answer_is_signed_by_a_delegate_and_not_by_the_authority(client: Client) -> None:
    authority = make_root()
    answer = ask(client, authority, question(authority, issue_client(authority)))
    (responder,) = answer.certificates
    responder.verify_directly_issued_by(x509_of(authority.certificate))
    assert responder.public_key() != x509_of(authority.certificate).public_key()
    assert responder.extensions.get_extension_for_class(x509.OCSPNoCheck)


def test_without_a_living_responder_clients_are_told_to_come_again(client: Client) -> None:
    authority = make_root()
    asked = question(authority, issue_client(authority))
    with time_machine.travel(timezone.now() + dt.timedelta(days=31)):
        assert ask(client, authority, asked).response_status == ocsp.OCSPResponseStatus.TRY_LATER
    Responder.objects.all().delete()
    assert ask(client, authority, asked).response_status == ocsp.OCSPResponseStatus.TRY_LATER


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\x30\x03\x02\x01\x00", b"\x30\x82\xff\xff", b"0" * 5000, b"\0" * 100_000]
)
def test_what_is_no_request_is_malformed(client: Client, data: bytes) -> None:
    authority = make_root()
    assert ask(client, authority, data).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    encoded = quote(base64.b64encode(data).decode() or "-", safe="")
    answer = client.get(f"/pki/{authority.pk}/ocsp/{encoded}")
    assert ocsp.load_der_ocsp_response(answer.content).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_nonce_that_is_too_long_is_malformed(client: Client) -> None:
    authority = make_root()
    asked = question(authority, issue_client(authority), b"n" * 129)
    assert ask(client, authority, asked).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_other_methods_are_refused(client: Client) -> None:
    address = f"/pki/{make_root().pk}/ocsp"
    assert client.get(address).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert client.post(f"{address}/AAAA").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert client.post("/pki/ca-none/ocsp", b"", content_type=REQUEST_TYPE).status_code == HTTPStatus.NOT_FOUND
