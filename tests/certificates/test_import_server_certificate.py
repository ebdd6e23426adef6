"""Importing server certificates."""

import datetime as dt

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from django.utils.translation import override

from certificates.keys import open_private_key
from certificates.messages import retold
from certificates.models import Certificate, CertificateVersion, SealedKey
from certificates.services import NewCertificate, import_certificate, import_certificates
from console.errors import ConflictError, InvalidInputError
from events.models import Change
from tests.certificates.repository import ALICE, codes, import_leaf
from tests.certificates.samples import SHA1_CERTIFICATE, SHA1_ISSUER, SHA1_KEY
from tests.certs import DAY, make_ca, make_leaf, rsa_key

pytestmark = pytest.mark.django_db


def test_everything_about_a_certificate_is_stored() -> None:
    root = make_ca("Root")
    middle = make_ca("Middle", issuer=root)
    leaf = make_leaf("www.example.test", "*.Example.TEST", "192.0.2.1", "2001:db8::1", issuer=middle)
    imported = import_leaf(leaf, "shop")
    stored = Certificate.objects.get(pk=imported.certificate.pk)
    version = stored.current_version
    assert version is not None
    assert (stored.name, stored.kind, stored.revision, stored.created_by) == ("shop", "server", 1, "alice")
    assert stored.not_after == version.not_after == leaf.certificate.not_valid_after_utc
    assert version.leaf_pem.encode() == leaf.pem
    assert version.chain_pem.encode() == middle.pem
    assert version.sha256 == leaf.sha256
    assert version.serial == f"{leaf.certificate.serial_number:x}"
    assert (version.key_algorithm, version.key_bits, version.signature_hash) == ("ECDSA", 256, "SHA256")
    assert version.subject == "CN=www.example.test,O=Test"
    assert [(name.kind, name.value) for name in version.names.all()] == [
        ("dns", "www.example.test"),
        ("dns", "*.example.test"),
        ("ip", "192.0.2.1"),
        ("ip", "2001:db8::1"),
    ]
    assert imported.warnings == []


def test_the_key_is_stored_sealed_and_opens_again() -> None:
    leaf = make_leaf()
    version = import_leaf(leaf).version
    assert leaf.key_pem not in bytes(SealedKey.objects.get(version=version).token)
    assert open_private_key(version.pk) == leaf.key_pem


@pytest.mark.parametrize(
    "key",
    [rsa_key(), rsa_key(4096), ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP521R1()),
     ed25519.Ed25519PrivateKey.generate()],
)  # fmt: skip
def test_every_key_that_can_be_served_is_taken(key: ec.EllipticCurvePrivateKey) -> None:
    issued = make_leaf("k.example.test", issuer=make_ca(), key=key)
    assert open_private_key(import_leaf(issued).version.pk) == issued.key_pem


def test_key_and_certificate_may_come_in_one_file() -> None:
    leaf = make_leaf()
    imported = import_certificate(ALICE, kind="server", name="x", certificate_pem=leaf.key_pem + leaf.pem)
    assert imported.version.sha256 == leaf.sha256


def test_an_encrypted_key_is_opened() -> None:
    leaf = make_leaf()
    imported = import_certificate(
        ALICE,
        kind="server",
        name="x",
        certificate_pem=leaf.pem,
        private_key_pem=leaf.encrypted_key_pem("secret"),
        passphrase="secret",
    )
    assert open_private_key(imported.version.pk) == leaf.key_pem


def test_the_import_is_in_the_change_feed() -> None:
    imported = import_leaf(make_leaf(), "shop")
    change = Change.objects.get()
    assert (change.kind, change.object_id, change.actor_name) == (
        "certificate.imported",
        imported.certificate.pk,
        "alice",
    )


def test_an_expired_certificate_is_taken_with_a_warning() -> None:
    now = dt.datetime.now(dt.UTC)
    imported = import_leaf(make_leaf(not_before=now - 9 * DAY, not_after=now - DAY))
    assert codes(imported) == ["certificate.expired"]
    assert "expired on" in imported.warnings[0].message


def test_a_certificate_of_tomorrow_is_taken_with_a_warning() -> None:
    now = dt.datetime.now(dt.UTC)
    leaf = make_leaf(not_before=now + DAY, not_after=now + 9 * DAY)
    assert codes(import_leaf(leaf)) == ["certificate.not-yet-valid"]


def test_the_clock_of_the_import_decides() -> None:
    leaf = make_leaf()
    with time_machine.travel(dt.datetime.now(dt.UTC) + 400 * DAY, tick=False):
        assert codes(import_leaf(leaf)) == ["certificate.expired"]


def test_a_short_rsa_key_is_taken_with_a_warning() -> None:
    imported = import_leaf(make_leaf(key=rsa_key(1024)))
    assert codes(imported) == ["certificate.weak-key"]
    assert "1024" in imported.warnings[0].message


def test_a_signature_by_sha1_is_taken_with_a_warning() -> None:
    imported = import_certificate(
        ALICE, kind="server", name="", certificate_pem=SHA1_CERTIFICATE + SHA1_ISSUER, private_key_pem=SHA1_KEY
    )
    assert codes(imported) == ["certificate.weak-signature", "chain.root-dropped"]


def test_an_expired_intermediate_is_said() -> None:
    now = dt.datetime.now(dt.UTC)
    middle = make_ca("Middle", issuer=make_ca(), not_before=now - 9 * DAY, not_after=now - DAY)
    imported = import_leaf(make_leaf(issuer=middle))
    assert codes(imported) == ["chain.expired"]
    assert imported.version.chain_not_after == middle.certificate.not_valid_after_utc


def test_a_client_certificate_is_said_not_to_serve() -> None:
    assert codes(import_leaf(make_leaf(client=True))) == ["certificate.not-for-servers"]


def test_a_name_that_nothing_matches_is_said() -> None:
    imported = import_leaf(make_leaf("ok.example.test", "f*.example.test"))
    assert codes(imported) == ["certificate.name-unusable"]
    assert "f*.example.test" in imported.warnings[0].message


def test_warnings_are_kept_with_the_version() -> None:
    imported = import_leaf(make_leaf(key=rsa_key(1024)))
    stored = CertificateVersion.objects.get(pk=imported.version.pk)
    (kept,) = stored.warnings
    assert (kept["code"], kept["message"]) == ("certificate.weak-key", imported.warnings[0].message)


def test_without_a_name_the_first_name_is_taken_and_numbered() -> None:
    names = [import_leaf(make_leaf("a.example.test")).certificate.name for _ in range(3)]
    assert names == ["a.example.test", "a.example.test 2", "a.example.test 3"]


@pytest.mark.parametrize("name", ["x" * 129, "a\nb", "a\0b"])
def test_an_impossible_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        import_leaf(make_leaf(), name)
    assert (caught.value.code, caught.value.field) == ("certificate.name-invalid", "name")


def test_a_taken_name_is_refused() -> None:
    import_leaf(make_leaf(), "shop")
    with pytest.raises(ConflictError) as caught:
        import_leaf(make_leaf(), " shop ")
    assert (caught.value.code, caught.value.field) == ("certificate.name-taken", "name")


def test_a_duplicate_is_refused_and_says_which_certificate_it_is() -> None:
    leaf = make_leaf()
    first = import_leaf(leaf, "shop").certificate
    with pytest.raises(ConflictError, match="shop") as caught:
        import_leaf(leaf, "other")
    assert caught.value.code == "certificate.duplicate"
    assert first.pk in str(caught.value)
    assert Certificate.objects.count() == 1


def test_many_are_stored_together() -> None:
    leaves = [make_leaf(f"{number}.example.test") for number in range(120)]
    items = [NewCertificate("server", f"c{number}", leaf.pem, leaf.key_pem) for number, leaf in enumerate(leaves)]
    imported = import_certificates(ALICE, items)
    assert [each.version.sha256 for each in imported] == [leaf.sha256 for leaf in leaves]
    for stored in Certificate.objects.select_related("current_version"):
        assert stored.current_version is not None
        assert stored.current_version.certificate_id == stored.pk
    assert Change.objects.count() == 120


def test_of_many_with_one_bad_none_is_stored() -> None:
    good, bad = make_leaf("a.example.test"), make_leaf("b.example.test")
    items = [
        NewCertificate("server", "a", good.pem, good.key_pem),
        NewCertificate("server", "b", bad.pem, good.key_pem),
    ]
    with pytest.raises(InvalidInputError) as caught:
        import_certificates(ALICE, items)
    assert caught.value.code == "key.mismatch"
    assert not Certificate.objects.exists()


def test_the_same_certificate_twice_in_one_import_is_refused() -> None:
    leaf = make_leaf()
    items = [NewCertificate("server", name, leaf.pem, leaf.key_pem) for name in "ab"]
    with pytest.raises(ConflictError):
        import_certificates(ALICE, items)
    assert not Certificate.objects.exists()


def test_stored_warnings_are_told_in_the_readers_language() -> None:
    imported = import_leaf(make_leaf("f*.example.test", "www.example.test"))
    with override("zh-hans"):
        (chinese,) = retold(imported.version.warnings)
    (english,) = retold(imported.version.warnings)
    assert english["message"] == imported.warnings[0].message
    assert chinese["message"] != english["message"]
    assert "f*.example.test" in chinese["message"]


def test_warnings_stored_as_sentences_alone_are_told_as_they_are() -> None:
    assert retold([{"code": "key.rsa-short", "message": "As it was said."}]) == [
        {"code": "key.rsa-short", "message": "As it was said."}
    ]
