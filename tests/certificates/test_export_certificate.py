"""Certificates leave the repository in the formats of others, read back here by their own programs."""

import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from access.tokens import create_token
from certificates.exports.formats import FORMATS
from certificates.models import Certificate
from certificates.services.exporting import export_certificate, export_key
from console.errors import DomainError, ForbiddenError, InvalidInputError, NotFoundError
from events.models import Change
from tests.certificates.pages import stored
from tests.certificates.repository import ALICE
from tests.certs import Issued, ecdsa_key, make_ca, make_leaf, rsa_key
from tests.factories import make_ca_certificate, store_certificate

pytestmark = pytest.mark.django_db
PASSPHRASE, PASSWORD = "correct horse battery", "staple staple staple"
ROOT = make_ca()
MIDDLE = make_ca("Middle", issuer=ROOT)


def run(*command: str | Path, **options: Any) -> str:
    return str(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, **options).stdout)


def leaf_of(key: Any = None) -> Issued:
    return make_leaf("*.shop.test", issuer=MIDDLE, key=key)


def exported(form: str, leaf: Issued) -> bytes:
    return export_key(ALICE, store_certificate(leaf, name="Shop ü").pk, form=form, passphrase=PASSPHRASE).content


@pytest.fixture
def operator(django_user_model: type[User]) -> User:
    """Make a user who may export keys."""
    user = django_user_model.objects.create_user("bob", password=PASSWORD)
    user.user_permissions.add(Permission.objects.get(codename="export_private_key"))
    return user


@pytest.fixture
def bob(operator: User) -> Client:
    """Sign that user in."""
    client = Client()
    client.force_login(operator)
    return client


def form(**fields: str) -> dict[str, str]:
    given = {"format": "pfx", "passphrase": PASSPHRASE, "passphrase_again": PASSPHRASE, "password": PASSWORD}
    return {**given, **fields}


def test_the_pem_chain_and_the_der_are_what_was_stored() -> None:
    leaf = leaf_of()
    certificate = store_certificate(leaf)
    assert export_certificate(certificate.pk, "pem").content == leaf.chain_pem
    der = leaf.certificate.public_bytes(serialization.Encoding.DER)
    assert export_certificate(certificate.pk, "der").content == der


@pytest.mark.parametrize("key", [ecdsa_key(), rsa_key()], ids=["ecdsa", "rsa"])
def test_openssl_opens_the_pfx_with_key_and_chain(tmp_path: Path, key: Any) -> None:
    leaf = leaf_of(key)
    path = tmp_path / "file.pfx"
    path.write_bytes(exported("pfx", leaf))
    shown = run("openssl", "pkcs12", "-in", path, "-nodes", "-passin", f"pass:{PASSPHRASE}")
    assert shown.count("BEGIN CERTIFICATE") == 2
    opened = serialization.load_pem_private_key(shown[shown.index("-----BEGIN PRIVATE") :].encode(), None)
    assert opened.public_key() == leaf.key.public_key()
    with pytest.raises(subprocess.CalledProcessError):
        run("openssl", "pkcs12", "-in", path, "-nodes", "-passin", "pass:wrong wrong wrong")


@pytest.mark.parametrize("key", [ecdsa_key(), rsa_key()], ids=["ecdsa", "rsa"])
def test_keytool_opens_the_key_store_and_its_key(tmp_path: Path, key: Any) -> None:
    leaf = leaf_of(key)
    path, pfx = tmp_path / "file.jks", tmp_path / "out.p12"
    path.write_bytes(exported("jks", leaf))
    listed = run("keytool", "-list", "-v", "-keystore", path, "-storepass", PASSPHRASE)
    assert "PrivateKeyEntry" in listed
    assert "Certificate chain length: 2" in listed
    run(
        "keytool", "-importkeystore", "-noprompt", "-srckeystore", path, "-srcstoretype", "JKS", "-srcstorepass",
        PASSPHRASE, "-destkeystore", pfx, "-deststoretype", "PKCS12", "-deststorepass", PASSPHRASE,
    )  # fmt: skip
    shown = run("openssl", "pkcs12", "-in", pfx, "-nodes", "-nocerts", "-passin", f"pass:{PASSPHRASE}")
    opened = serialization.load_pem_private_key(shown[shown.index("-----BEGIN") :].encode(), None)
    assert opened.public_key() == leaf.key.public_key()


def test_keytool_opens_the_trust_store_of_a_ca_certificate(tmp_path: Path, bob: Client) -> None:
    certificate = make_ca_certificate()
    answer = bob.post(f"/certificates/{certificate.pk}/export/", form())
    path = tmp_path / "trust.jks"
    path.write_bytes(answer.content)
    listed = run("keytool", "-list", "-keystore", path, "-storepass", PASSPHRASE)
    assert "trustedCertEntry" in listed
    with pytest.raises(subprocess.CalledProcessError):
        run("keytool", "-list", "-keystore", path, "-storepass", "wrong wrong wrong")


@pytest.mark.parametrize(
    ("server", "names"),
    [
        ("nginx", {"Shop.crt", "Shop.key"}),
        ("apache", {"Shop.crt", "Shop-chain.crt", "Shop.key"}),
        ("haproxy", {"Shop.pem"}),
        ("tomcat", {"Shop.p12", "Shop.jks"}),
        ("iis", {"Shop.pfx"}),
    ],
)
def test_each_zip_has_the_files_of_its_server_and_says_where_they_go(server: str, names: set[str]) -> None:
    leaf = leaf_of()
    with zipfile.ZipFile(io.BytesIO(exported(server, leaf))) as archive:
        files = {name.removeprefix("Shop/"): archive.read(name) for name in archive.namelist()}
    assert set(files) == {"README.txt", *names}
    assert all(name in files["README.txt"].decode() for name in names)
    assert all(b"BEGIN PRIVATE KEY" not in content for content in files.values())


def test_nginx_takes_its_zip_as_the_readme_says(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(exported("nginx", leaf_of()))) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "Shop"
    (folder / "Shop.pass").write_text(PASSPHRASE + "\n")
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}"
        f"http {{ access_log off; server {{ listen unix:{tmp_path}/s ssl;"
        f"ssl_certificate {folder}/Shop.crt; ssl_certificate_key {folder}/Shop.key;"
        f"ssl_password_file {folder}/Shop.pass; }} }}"
    )
    run("nginx", "-t", "-q", "-c", configuration, "-p", tmp_path)


def test_haproxys_readme_makes_the_file_that_it_wants(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(exported("haproxy", leaf_of()))) as archive:
        archive.extractall(tmp_path)
        readme = archive.read("Shop/README.txt").decode()
    (line,) = [line.strip() for line in readme.splitlines() if line.strip().startswith("(sed")]
    command = line.replace("openssl pkey", f"openssl pkey -passin 'pass:{PASSPHRASE}'")
    run("sh", "-c", command, cwd=tmp_path / "Shop")
    made = (tmp_path / "Shop" / "Shop.haproxy.pem").read_text()
    assert (made.count("BEGIN CERTIFICATE"), made.count("BEGIN PRIVATE KEY")) == (2, 1)


def test_an_export_is_on_record_without_a_secret() -> None:
    exported("pfx", leaf_of())
    change = Change.objects.last()
    assert change is not None
    assert (change.kind, change.detail["format"]) == ("certificate.key_exported", "pfx")
    assert PASSPHRASE not in str(vars(change))


@pytest.mark.parametrize("passphrase", ["", "short", "x" * 129, "ünïcödé password", "twelve\nletters"])
def test_a_passphrase_that_others_could_not_read_is_refused(passphrase: str) -> None:
    certificate = stored("www.test")
    with pytest.raises(InvalidInputError):
        export_key(ALICE, certificate.pk, form="pfx", passphrase=passphrase)
    assert not Change.objects.filter(kind="certificate.key_exported").exists()


def test_formats_and_versions_that_are_none_are_refused() -> None:
    certificate = stored("www.test")
    with pytest.raises(InvalidInputError):
        export_key(ALICE, certificate.pk, form="exe", passphrase=PASSPHRASE)
    with pytest.raises(NotFoundError):
        export_key(ALICE, certificate.pk, form="pfx", passphrase=PASSPHRASE, version_number=7)
    with pytest.raises(DomainError):
        export_key(ALICE, make_ca_certificate().pk, form="pfx", passphrase=PASSPHRASE)
    with pytest.raises(InvalidInputError):
        export_certificate(certificate.pk, "exe")


def test_where_it_is_switched_off_nobody_exports(admin_client: Client, settings: Settings) -> None:
    settings.KEY_EXPORT = False
    certificate = stored("www.test")
    with pytest.raises(ForbiddenError, match="LBADMIN_KEY_EXPORT"):
        export_key(ALICE, certificate.pk, form="pfx", passphrase=PASSPHRASE)
    assert admin_client.get(f"/certificates/{certificate.pk}/export/").status_code == 403
    assert (
        f"/certificates/{certificate.pk}/export/"
        not in admin_client.get(f"/certificates/{certificate.pk}/").content.decode()
    )


def test_the_page_asks_for_the_password_again(bob: Client) -> None:
    certificate = stored("www.test")
    address = f"/certificates/{certificate.pk}/export/"
    for wrong in (
        {"password": "no"},
        {"passphrase_again": "other other other"},
        {"format": "exe"},
        {"passphrase": "x"},
    ):
        refused = bob.post(address, form(**wrong))
        assert refused.status_code == 422
        assert PASSPHRASE not in refused.content.decode()
    answer = bob.post(address, form())
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"] == 'attachment; filename="www.test.pfx"'


def test_guesses_of_the_password_are_slowed_down(bob: Client) -> None:
    address = f"/certificates/{stored('www.test').pk}/export/"
    for _ in range(5):
        bob.post(address, form(password="no"))
    assert "Too many attempts" in bob.post(address, form()).content.decode()


def test_without_the_permission_it_is_refused(client: Client, operator: User) -> None:
    certificate = stored("www.test")
    call_command("allow", "bob", "certificates.export_private_key", "--not")
    client.force_login(operator)
    assert client.get(f"/certificates/{certificate.pk}/export/").status_code == 403
    assert client.post(f"/certificates/{certificate.pk}/export/", form()).status_code == 403
    assert "manage.py allow" in client.get(f"/certificates/{certificate.pk}/export/").content.decode()
    call_command("allow", "bob", "certificates.export_private_key")
    assert client.get(f"/certificates/{certificate.pk}/export/").status_code == 200
    with pytest.raises(CommandError):
        call_command("allow", "nobody", "certificates.export_private_key")


def test_a_stolen_token_alone_exports_nothing(operator: User) -> None:
    certificate = stored("www.test")
    headers = {"Authorization": f"Bearer {create_token(operator, 'ci')}"}
    path = f"/api/v1/certificates/{certificate.pk}/export"

    def post(**fields: Any) -> Any:
        body = {"format": "pfx", "passphrase": PASSPHRASE, "password": PASSWORD, **fields}
        return Client().post(path, body, content_type="application/json", headers=headers)

    assert post(password="").status_code == 403
    assert post(format="exe").status_code == 422
    assert post().headers["Content-Type"] == FORMATS["pfx"].content_type
    operator.user_permissions.clear()
    assert post().status_code == 403


def test_downloads_without_key_are_for_those_signed_in(client: Client, bob: Client) -> None:
    certificate: Certificate = stored("www.test")
    for name, kind in (
        ("chain.pem", "application/pem-certificate-chain"),
        ("certificate.der", "application/pkix-cert"),
    ):
        assert client.get(f"/certificates/{certificate.pk}/{name}")["Location"].startswith("/sign-in/")
        assert bob.get(f"/certificates/{certificate.pk}/{name}")["Content-Type"] == kind
        assert bob.get(f"/api/v1/certificates/{certificate.pk}/{name}")["Content-Type"] == kind
