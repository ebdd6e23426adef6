"""Files that are hard to take: by page, REST and command each gets an answer with its thing, cause and way out."""

import html
import io
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from access.tokens import create_token
from certificates.models import Certificate, CertificateVersion, SealedKey
from tests.certificates.odd import odd_leaf
from tests.certificates.samples import GMSSL_KEY, SM2_CERTIFICATE, SM2_KEY
from tests.certificates.test_container_limits import pfx_of, safe
from tests.certificates.test_drop_rest import files, post
from tests.certificates.test_open_private_key import integer, tlv
from tests.certs import Issued, make_leaf

pytestmark = pytest.mark.django_db


class Hard(NamedTuple):
    """A file, and what is said of it."""

    content: bytes
    code: str
    words: str


def rsa_of(bits: int) -> bytes:
    """Return a PKCS#1 key that is only as long as it says: making a real one takes minutes."""
    return tlv(0x30, integer(0), integer(1 << (bits - 1) | 1), *[integer(65537)] * 7)


def leaf_with_rsa_of(bits: int) -> Issued:
    """Return a certificate for a key of this length that nobody has."""

    class Key:
        def public_key(self) -> rsa.RSAPublicKey:
            return rsa.RSAPublicNumbers(65537, 1 << (bits - 1) | 1).public_key()

    return odd_leaf(key=Key())  # type: ignore[arg-type]  # only its public half is asked for


def dsa_pem() -> bytes:
    key = dsa.generate_private_key(1024)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


HARD = {
    "PKCS#12 of 2^31-1 iterations": Hard(
        pfx_of(safe(), mac_iterations=2**31 - 1), "pkcs12.too-many-iterations", "takes more work than is allowed"
    ),
    "RSA-8192": Hard(rsa_of(8192), "key.too-large", "longer than RSA-4096"),
    "RSA-16384": Hard(rsa_of(16384), "key.too-large", "longer than RSA-4096"),
    "10,000 names": Hard(
        make_leaf(*[f"n{number}.test" for number in range(10_000)]).pem, "certificate.too-many-names", "more than 5000"
    ),
    "DSA key": Hard(dsa_pem(), "key.dsa", "DSA key, which TLS no longer uses"),
    "SM2 key": Hard(SM2_KEY, "key.sm2", "is an SM2 key, which cannot be served"),
    "GmSSL key": Hard(GMSSL_KEY, "key.gmssl", "encrypted with SM3 and SM4, as GmSSL does"),
}


@pytest.fixture(params=HARD)
def hard(request: pytest.FixtureRequest) -> Hard:
    """One of the files."""
    return HARD[request.param]


@pytest.fixture
def rest() -> Client:
    """Return a client with a token."""
    return Client(headers={"Authorization": f"Bearer {create_token(User.objects.create_user('robot'))}"})


def command(path: Path) -> tuple[str, str]:
    """Return what the command says of a file, and the error with which it ends."""
    said, error = io.StringIO(), ""
    try:
        call_command("importcertificate", str(path), "--yes", stdout=io.StringIO(), stderr=said, no_color=True)
    except CommandError as ended:
        error = str(ended)
    return said.getvalue(), error


def page(client: Client, content: bytes) -> str:
    """Return what the page says of a file."""
    given = {"files": SimpleUploadedFile("hard.bin", content), "passphrase": "secret"}
    answer = client.post("/certificates/drop/", given, follow=True)
    assert answer.status_code in {200, 422}
    return html.unescape(answer.content.decode())


def test_the_page_tells_what_it_is_and_what_to_do(admin_client: Client, hard: Hard) -> None:
    assert hard.words in page(admin_client, hard.content)
    assert not Certificate.objects.exists()


def test_rest_tells_what_it_is_and_what_to_do(rest: Client, hard: Hard) -> None:
    answer = post(rest, "inspect", {"files": files(hard.content), "passphrases": ["secret"]})
    (told,) = answer.json()["left_out"]
    assert (answer.status_code, told["code"], told["file"]) == (200, hard.code, "file0")
    assert hard.words in told["message"]
    assert told["way_out"]


def test_the_command_tells_what_it_is_and_what_to_do(hard: Hard, tmp_path: Path) -> None:
    (tmp_path / "hard.bin").write_bytes(hard.content)
    said, error = command(tmp_path / "hard.bin")
    assert said.startswith("left out: hard.bin: ")
    assert hard.words in said
    assert f"[{hard.code}]" in said
    assert error == "There is nothing to import."


@pytest.mark.parametrize(
    ("content", "algorithm"),
    [
        (SM2_CERTIFICATE + SM2_KEY, "SM2"),
        (make_leaf("dsa.test", key=dsa.generate_private_key(1024)).pem, "DSA"),
    ],
    ids=["SM2", "DSA"],
)
def test_a_certificate_that_cannot_be_served_is_kept_without_its_key_and_watched(
    content: bytes, algorithm: str, admin_client: Client, tmp_path: Path
) -> None:
    assert f"is {algorithm}, which listeners cannot serve" in page(admin_client, content)
    (tmp_path / "watched.pem").write_bytes(content)
    said, error = command(tmp_path / "watched.pem")
    assert (error, "[certificate.watched-only]" in said) == ("", True)
    version = CertificateVersion.objects.get()
    assert (version.key_algorithm, version.certificate.not_after) == (algorithm, version.not_after)
    assert not SealedKey.objects.exists()
    assert version.certificate.name in admin_client.get("/certificates/").content.decode()


@pytest.mark.parametrize("bits", [8192, 16384])
def test_a_certificate_of_a_very_long_key_is_understood(bits: int, rest: Client) -> None:
    answer = post(rest, "inspect", {"files": files(leaf_with_rsa_of(bits).pem)})
    (item,) = answer.json()["items"]
    assert (item["chosen"], item["has_key"]) == (False, False)
    assert answer.status_code == 200
