"""The addresses in issued certificates: plain HTTP, although the console has HTTPS; OpenSSL is the client."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from authorities.services import revoke_certificate
from certificates.services import Imported
from tests.authorities.openssl import openssl
from tests.authorities.rows import issue_client, make_root, x509_of
from tests.certificates.repository import ALICE


@pytest.fixture
def https_console(settings: Settings, transactional_db: None) -> Iterator[LiveServer]:
    """Run a console that redirects to HTTPS, with its status address in plain HTTP."""
    settings.PUBLIC_URL = "https://lb.example.test"
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    server = LiveServer("127.0.0.1")
    settings.STATUS_URL = server.url
    yield server
    server.stop()


def write(folder: Path, name: str, issued: Imported) -> Path:
    file = folder / f"{name}.pem"
    file.write_text(issued.version.leaf_pem)
    return file


def test_openssl_follows_the_addresses_in_the_certificate(https_console: LiveServer, tmp_path: Path) -> None:
    authority = make_root()
    good, bad = issue_client(authority, "good"), issue_client(authority, "bad")
    revoke_certificate(ALICE, authority.pk, bad.version.serial, reason="key_compromise")
    ca = tmp_path / "ca.pem"
    ca.write_bytes(x509_of(authority.certificate).public_bytes(Encoding.PEM))
    files = {"good": write(tmp_path, "good", good), "revoked": write(tmp_path, "bad", bad)}
    by_list = {
        name: openssl("verify", "-CAfile", ca, "-crl_download", "-crl_check", leaf) for name, leaf in files.items()
    }
    assert by_list["good"].endswith("exit 0"), by_list["good"]
    assert "certificate revoked" in by_list["revoked"]
    for name, leaf in files.items():
        url = openssl("x509", "-in", leaf, "-noout", "-ocsp_uri").split()[0]
        assert url.startswith("http://")
        said = openssl("ocsp", "-issuer", ca, "-cert", leaf, "-CAfile", ca, "-url", url)
        assert "Response verify OK" in said, said
        assert f"{leaf}: {name}" in said


def test_pages_are_redirected_to_https_and_what_is_published_is_not(settings: Settings, db: None) -> None:
    settings.SECURE_SSL_REDIRECT = True
    authority = make_root()
    client = Client()
    assert client.get("/authorities/").status_code == HTTPStatus.MOVED_PERMANENTLY
    for ending in (".crl", ".pem", ".cer"):
        assert client.get(f"/pki/{authority.pk}{ending}").status_code == HTTPStatus.OK
    answer = client.post(f"/pki/{authority.pk}/ocsp", b"?", content_type="application/ocsp-request")
    assert answer.status_code == HTTPStatus.OK


@pytest.mark.parametrize(("url", "is_warned"), [("http://lb.example.test", False), ("https://lb.example.test", True)])
def test_an_address_that_clients_cannot_use_is_said(
    admin_client: Client, settings: Settings, url: str, is_warned: bool
) -> None:
    settings.STATUS_URL = url
    authority = make_root()
    text = admin_client.get(f"/authorities/{authority.pk}/list/").content.decode()
    assert f"{url}/pki/{authority.pk}.crl" in text
    assert ("LBADMIN_STATUS_URL" in text) == is_warned
