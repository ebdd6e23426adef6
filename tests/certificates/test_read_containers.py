"""Every format, as OpenSSL and keytool write it: what comes out is what went in."""

import io
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from certificates.parsing.containers.java import open_key_store
from certificates.parsing.containers.opening import read_blocks
from certificates.parsing.refusals import Refusal
from tests.certificates.drops import DER, codes, labels, pfx, run, save, understood, with_keys
from tests.certs import Issued, make_ca, make_leaf, rsa_key

# As in the parser's process: what the library means to refuse one day is read as long as it can be.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
ROOT = make_ca("Root")
MIDDLE = make_ca("Middle", issuer=ROOT)


@pytest.fixture(scope="module")
def leaf() -> Issued:
    return make_leaf("www.example.test", issuer=MIDDLE, key=rsa_key())


@pytest.fixture
def folder(tmp_path: Path, leaf: Issued) -> Path:
    save(tmp_path, leaf)
    return tmp_path


def assert_whole(leaf: Issued, *contents: bytes, passphrases: tuple[str, ...] = ()) -> None:
    result = understood(*contents, passphrases=passphrases)
    (item,) = result.items
    assert (item.id, codes(result)) == (leaf.sha256, [])
    assert item.bundle.key_pem == leaf.key_pem
    assert [link.description.label for link in item.bundle.chain] == ["Middle"]


def test_der_certificates_and_keys_are_recognised(folder: Path, leaf: Issued) -> None:
    run(folder, *["openssl", "x509", "-in", "leaf.pem", "-outform", "der", "-out", "leaf.cer"])
    run(folder, *["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", "leaf.key", "-outform", "der", "-out", "leaf.p8"])
    run(folder, *["openssl", "rsa", "-in", "leaf.key", "-traditional", "-outform", "der", "-out", "leaf.pkcs1"])
    middle = MIDDLE.certificate.public_bytes(DER)
    for key in ("leaf.p8", "leaf.pkcs1"):
        assert_whole(leaf, (folder / key).read_bytes(), middle, (folder / "leaf.cer").read_bytes())


def test_encrypted_der_keys_open_with_the_passphrase(folder: Path, leaf: Issued) -> None:
    command = (
        "openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 5000 -in leaf.key -outform der -out leaf.p8 -passout pass:secret"
    )
    run(folder, *command.split())
    assert_whole(leaf, (folder / "leaf.p8").read_bytes(), leaf.chain_pem, passphrases=("wrong", "secret"))
    assert codes(understood((folder / "leaf.p8").read_bytes())) == ["key.passphrase-missing"]


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_pkcs7_bundles_give_their_certificates(folder: Path, leaf: Issued, form: str) -> None:
    command = f"openssl crl2pkcs7 -nocrl -certfile leaf.chain.pem -certfile leaf.pem -outform {form} -out all.p7b"
    run(folder, *command.split())
    assert_whole(leaf, leaf.key_pem, (folder / "all.p7b").read_bytes())


@pytest.mark.parametrize(
    "options",
    ["", "-legacy", "-keypbe AES-256-CBC -certpbe AES-256-CBC -macalg sha512 -iter 4000", "-nomac", "-certpbe NONE"],
)
def test_pkcs12_of_openssl_opens(folder: Path, leaf: Issued, options: str) -> None:
    command = f"openssl pkcs12 -export -in leaf.pem -inkey leaf.key -certfile leaf.chain.pem -out all.pfx {options}"
    run(folder, *command.split(), "-passout", "pass:sécret")
    assert_whole(leaf, (folder / "all.pfx").read_bytes(), passphrases=("wrong", "sécret"))


def test_pkcs12_without_a_passphrase_opens(folder: Path, leaf: Issued) -> None:
    command = "openssl pkcs12 -export -in leaf.pem -inkey leaf.key -certfile leaf.chain.pem -out all.pfx -passout pass:"
    run(folder, *command.split())
    assert_whole(leaf, (folder / "all.pfx").read_bytes())


def test_what_openssl_prints_of_a_pfx_is_read_with_its_bag_attributes(folder: Path, leaf: Issued) -> None:
    (folder / "all.pfx").write_bytes(pfx(leaf, "secret", *leaf.issuers))
    run(folder, *["openssl", "pkcs12", "-in", "all.pfx", "-passin", "pass:secret", "-nodes", "-out", "all.txt"])
    assert b"Bag Attributes" in (folder / "all.txt").read_bytes()
    assert_whole(leaf, (folder / "all.txt").read_bytes())


def test_a_trusted_certificate_of_openssl_is_read_as_the_certificate_that_it_is(folder: Path, leaf: Issued) -> None:
    run(folder, *["openssl", "x509", "-in", "leaf.pem", "-trustout", "-addtrust", "serverAuth", "-out", "trusted.pem"])
    assert_whole(leaf, (folder / "trusted.pem").read_bytes(), leaf.key_pem, MIDDLE.pem)


def keytool(folder: Path, kind: str, *options: str) -> None:
    command = f"keytool -genkeypair -keyalg RSA -keysize 2048 -storetype {kind} -keystore store -storepass secret1"
    run(folder, *command.split(), *options)


@pytest.mark.parametrize("kind", ["JKS", "PKCS12"])
def test_a_key_store_of_java_gives_every_entry(tmp_path: Path, kind: str) -> None:
    for name in ("a", "b"):
        keytool(tmp_path, kind, "-alias", name, "-dname", f"CN={name}.test", "-ext", f"san=dns:{name}.test")
    result = understood((tmp_path / "store").read_bytes(), passphrases=("secret1",))
    assert (sorted(labels(result)), codes(result), len(with_keys(result))) == (["a.test", "b.test"], [], 2)


def test_a_key_of_a_java_store_may_have_a_passphrase_of_its_own(tmp_path: Path) -> None:
    keytool(tmp_path, "JKS", "-alias", "a", "-dname", "CN=a.test", "-keypass", "secret2")
    store = (tmp_path / "store").read_bytes()
    assert codes(understood(store)) == ["key.passphrase-missing"]
    assert codes(understood(store, passphrases=("secret1",))) == ["key.passphrase-wrong"]
    assert codes(understood(store, passphrases=("no",))) == ["jks.passphrase-wrong"]
    assert len(with_keys(understood(store, passphrases=("secret2", "secret1")))) == 1


def test_other_key_stores_of_java_are_named_with_the_way_out(tmp_path: Path) -> None:
    keytool(tmp_path, "JCEKS", "-alias", "a", "-dname", "CN=a.test")
    for data, kind in (((tmp_path / "store").read_bytes(), "JCEKS"), (b"\0\0\0\2\0\0\0\x14" + b"x" * 40, "BKS")):
        (left_out,) = understood(data).left_out
        assert (left_out.code, left_out.parameters["kind"]) == ("jks.other", kind)


def test_a_java_store_that_is_cut_off_is_refused() -> None:
    for data in (b"\xfe\xed\xfe\xed", b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\1", b"\xfe\xed\xfe\xed" + b"\xff" * 60):
        with pytest.raises(Refusal) as caught:
            open_key_store(data, ("x",), "files")
        assert caught.value.code == "jks.unreadable"


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in members:
            file.writestr(name, content)
    return buffer.getvalue()


def test_a_zip_is_read_with_all_it_has(leaf: Issued) -> None:
    packed = archive(
        ("certs/leaf.cer", leaf.certificate.public_bytes(DER)),
        ("__MACOSX/certs/._leaf.cer", b"litter"),
        ("README.txt", b"Dear customer"),
        ("chain.p7b", pkcs7.serialize_certificates([MIDDLE.certificate, ROOT.certificate], Encoding.DER)),
        ("private/leaf.key", leaf.key_pem),
    )
    assert_whole(leaf, packed)
    (item,) = understood(packed).items
    assert item.sources == ("0 › certs/leaf.cer", "0 › private/leaf.key", "0 › chain.p7b")


def test_text_around_the_blocks_is_passed_over(leaf: Issued) -> None:
    mail = b"Subject: your certificate\r\n\r\n> Hello,\r\n" + leaf.pem.replace(b"\n", b"\r\n") + b"\r\nRegards --\r\n"
    assert_whole(leaf, mail + leaf.key_pem + b"-- \nAnother mail\n" + MIDDLE.pem)


def test_base64_without_its_first_and_last_line_is_read(leaf: Issued) -> None:
    bare = b"".join(leaf.pem.splitlines()[1:-1])
    assert_whole(leaf, bare, leaf.key_pem, MIDDLE.pem)


def test_one_damaged_block_does_not_spoil_the_others(leaf: Issued) -> None:
    damaged = b"-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nAAAA\n"
    result = understood(damaged + leaf.chain_pem + leaf.key_pem)
    assert with_keys(result) == {leaf.sha256}
    assert codes(result) == ["input.base64", "input.unpaired"]


def test_the_fields_of_one_certificate_take_containers_too(leaf: Issued) -> None:
    blocks = read_blocks(pfx(leaf, "secret", *leaf.issuers), "certificate_pem", ("secret",))
    assert [block.label for block in blocks] == ["CERTIFICATE"] * 3 + ["ENCRYPTED PRIVATE KEY"]
    packed = archive(("a.pem", leaf.pem), ("note.txt", b"hello"))
    assert [block.label for block in read_blocks(packed, "certificate_pem")] == ["CERTIFICATE"]
