"""Bad input: refused by service, REST and command with the same words, and nothing is stored."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from access.tokens import create_token
from certificates.messages import FINDINGS, REFUSALS
from certificates.models import Certificate, CertificateVersion
from certificates.parsing.formats import REFUSED_LABELS, Block
from certificates.revocation.messages import REFUSALS as LIST_REFUSALS
from certificates.services import delete_certificate, import_certificate
from console.errors import DomainError
from events.actor import COMMAND
from events.models import Change
from tests.certificates.samples import SM2_KEY
from tests.certs import Issued, make_ca, make_leaf

pytestmark = pytest.mark.django_db

DER = Encoding.DER
ROOT = make_ca("Root")
LEAF = make_leaf("www.example.test", issuer=ROOT)
OTHER = make_leaf("other.example.test", issuer=ROOT)
ENCRYPTED = LEAF.encrypted_key_pem("secret")
DH = b"-----BEGIN DH PARAMETERS-----\nMEYCQQ==\n-----END DH PARAMETERS-----\n"


def with_version(leaf: Issued, version: int) -> bytes:
    """Return the certificate with an X.509 version that does not exist."""
    changed = leaf.certificate.public_bytes(DER).replace(b"\xa0\x03\x02\x01\x02", bytes([0xA0, 3, 2, 1, version]), 1)
    return Block("CERTIFICATE", 1, changed).pem


def with_extension_twice(leaf: Issued) -> bytes:
    """Return the certificate with its extended key usage renamed to basic constraints, which it has already."""
    changed = leaf.certificate.public_bytes(DER).replace(bytes.fromhex("0603551d25"), bytes.fromhex("0603551d13"), 1)
    return Block("CERTIFICATE", 1, changed).pem


CASES: dict[str, tuple[str, bytes, bytes | None, str | None, str, str]] = {
    # what is wrong: kind, certificate, key, passphrase -> code, field
    "key of another": ("server", LEAF.pem, OTHER.key_pem, None, "key.mismatch", "private_key_pem"),
    "no key": ("server", LEAF.pem, None, None, "key.missing", "private_key_pem"),
    "blank key": ("server", LEAF.pem, b" \n", None, "key.missing", "private_key_pem"),
    "key only": ("server", LEAF.key_pem, None, None, "certificate.missing", "certificate_pem"),
    "certificate as key": ("server", LEAF.pem, LEAF.pem, None, "key.not-a-key", "private_key_pem"),
    "no passphrase": ("server", LEAF.pem, ENCRYPTED, None, "key.passphrase-missing", "passphrase"),
    "wrong passphrase": ("server", LEAF.pem, ENCRYPTED, "guess", "key.passphrase-wrong", "passphrase"),
    "two keys": ("server", LEAF.pem, LEAF.key_pem + OTHER.key_pem, None, "key.several", "private_key_pem"),
    "a key in each": (
        "server", LEAF.pem + OTHER.key_pem, LEAF.key_pem, None, "key.several", "private_key_pem",
    ),
    "CA for server": ("server", ROOT.pem, ROOT.key_pem, None, "certificate.is-ca", "certificate_pem"),
    "CA without key": ("server", ROOT.pem, None, None, "certificate.is-ca", "certificate_pem"),
    "CA key of a chain": ("server", LEAF.pem + ROOT.pem, ROOT.key_pem, None, "certificate.is-ca", "certificate_pem"),
    "server for CA": ("ca", LEAF.pem, None, None, "certificate.not-ca", "certificate_pem"),
    "DH parameters": ("server", LEAF.pem + DH, LEAF.key_pem, None, "input.dh-parameters", "certificate_pem"),
    "DH in the key": ("server", LEAF.pem, LEAF.key_pem + DH, None, "input.dh-parameters", "private_key_pem"),
    "HTML": ("server", b"<html>Sign in</html>", LEAF.key_pem, None, "input.html", "certificate_pem"),
    "empty": ("server", b"", LEAF.key_pem, None, "input.empty", "certificate_pem"),
    "noise": ("server", b"noise " * 1_700_000, LEAF.key_pem, None, "input.too-large", "certificate_pem"),
    "noise as key": ("server", LEAF.pem, b"noise " * 200_000, None, "input.too-large", "private_key_pem"),
    "SM2 key": ("server", LEAF.pem, SM2_KEY, None, "key.sm2", "private_key_pem"),
    "version 6": ("server", with_version(LEAF, 5), LEAF.key_pem, None, "certificate.unreadable", "certificate_pem"),
    "extension twice": (
        "server", with_extension_twice(LEAF), LEAF.key_pem, None, "certificate.unreadable", "certificate_pem",
    ),
}  # fmt: skip
TEXT_CASES = {name: case for name, case in CASES.items() if len(case[1]) < 3_000_000}


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_and_nothing_is_stored(name: str) -> None:
    kind, certificate, key, passphrase, code, field = CASES[name]
    with pytest.raises(DomainError) as caught:
        import_certificate(
            COMMAND, kind=kind, name="x", certificate_pem=certificate, private_key_pem=key, passphrase=passphrase
        )
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.way_out
    assert "%(" not in str(caught.value)
    assert not Certificate.objects.exists()
    assert not CertificateVersion.objects.exists()
    assert not Change.objects.exists()


@pytest.mark.parametrize("name", TEXT_CASES)
def test_rest_and_command_say_the_same(name: str, client: Client, tmp_path: Path) -> None:
    kind, certificate, key, passphrase, code, field = CASES[name]
    body = {
        "kind": kind,
        "name": "x",
        "certificate_pem": certificate.decode(),
        "private_key_pem": None if key is None else key.decode(),
        "passphrase": passphrase,
    }
    token = create_token(User.objects.create_user("api"))
    answer = client.post(
        "/api/v1/certificates",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    problem = answer.json()
    assert (problem["code"], problem["field"]) == (code, field)
    assert answer["Content-Type"] == "application/problem+json"

    with pytest.raises(CommandError) as caught:
        run_command(tmp_path, kind, certificate, key, passphrase)
    assert str(caught.value).startswith(f"{field}: ")
    assert str(caught.value) == f"{field}: {problem['detail']} {problem['way_out']}"


def run_command(folder: Path, kind: str, certificate: bytes, key: bytes | None, passphrase: str | None) -> None:
    (folder / "certificate.pem").write_bytes(certificate)
    arguments = [str(folder / "certificate.pem"), "--kind", kind, "--name", "x"]
    if key is not None:
        (folder / "key.pem").write_bytes(key)
        arguments += ["--key", str(folder / "key.pem")]
    if passphrase is not None:
        (folder / "passphrase").write_text(passphrase + "\n")
        arguments += ["--passphrase-file", str(folder / "passphrase")]
    call_command("importcertificate", *arguments, stdout=StringIO(), stderr=StringIO())


def test_damaged_binary_is_refused_with_the_commands_that_check_it() -> None:
    with pytest.raises(DomainError, match="openssl x509 -inform der") as caught:
        import_certificate(COMMAND, kind="ca", name="", certificate_pem=ROOT.certificate.public_bytes(DER)[:-9])
    assert caught.value.code == "input.der"


def test_der_bytes_sent_as_text_are_refused_by_rest_in_the_same_words(client: Client) -> None:
    token = create_token(User.objects.create_user("api"))
    binary = ROOT.certificate.public_bytes(DER).decode("latin1")
    answer = client.post(
        "/api/v1/certificates",
        {"kind": "ca", "certificate_pem": binary},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.json()["code"], answer.json()["field"]) == ("input.der", "certificate_pem")


GOOD = make_leaf("good.example.test")
ODD_TEXT = {
    "CRLF": (GOOD.pem.replace(b"\n", b"\r\n"), GOOD.key_pem.replace(b"\n", b"\r\n")),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD.pem, b"\xef\xbb\xbf" + GOOD.key_pem),
    "no final newline": (GOOD.pem.rstrip(), GOOD.key_pem.rstrip()),
}


@pytest.mark.parametrize("name", ODD_TEXT)
def test_odd_text_is_read_by_page_rest_and_command(
    name: str, client: Client, admin_client: Client, tmp_path: Path
) -> None:
    certificate, key = ODD_TEXT[name]
    body = {"certificate_pem": certificate.decode(), "private_key_pem": key.decode()}

    def import_by_rest() -> None:
        headers = {"Authorization": f"Bearer {create_token(User.objects.create_user('api'))}"}
        client.post("/api/v1/certificates", body, content_type="application/json", headers=headers)

    ways = (
        import_by_rest,
        lambda: admin_client.post("/certificates/import/", {"kind": "server", **body}),
        lambda: run_command(tmp_path, "server", certificate, key, None),
    )
    for import_it in ways:
        import_it()
        stored = Certificate.objects.get()
        assert stored.current_version
        assert stored.current_version.sha256 == GOOD.sha256
        delete_certificate(COMMAND, stored.pk)


def test_every_code_in_the_parser_has_words() -> None:
    files = Path("certificates").rglob("*.py")
    source = "".join(path.read_text() for path in files)
    refused = set(re.findall(r'Refusal\(\s*"([a-z0-9.-]+)"', source)) | {code for _, code in REFUSED_LABELS}
    found = set(re.findall(r'(?:Finding|LeftOut)\(\s*"([a-z0-9.-]+)"', source))
    assert refused <= set(REFUSALS) | set(LIST_REFUSALS)
    assert found == set(FINDINGS)
