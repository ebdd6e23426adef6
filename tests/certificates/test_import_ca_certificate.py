"""Importing CA certificates."""

import pytest

from certificates.models import SealedKey
from certificates.services import Imported, import_certificate
from console.errors import InvalidInputError
from events.actor import COMMAND
from tests.certs import Issued, make_ca, make_leaf

pytestmark = pytest.mark.django_db


def import_ca(*certificates: Issued, name: str = "") -> Imported:
    pem = b"".join(certificate.pem for certificate in certificates)
    return import_certificate(COMMAND, kind="ca", name=name, certificate_pem=pem)


def test_a_root_is_stored_under_its_common_name() -> None:
    root = make_ca("Partner Root")
    imported = import_ca(root)
    assert (imported.certificate.kind, imported.certificate.name) == ("ca", "Partner Root")
    assert imported.version.leaf_pem.encode() == root.pem
    assert [(name.kind, name.value) for name in imported.version.names.all()] == [("cn", "partner root")]
    assert imported.warnings == []
    assert not SealedKey.objects.exists()


def test_an_intermediate_is_stored_alone() -> None:
    middle = make_ca("Middle", issuer=make_ca("Root"))
    imported = import_ca(middle)
    assert imported.version.sha256 == middle.sha256
    assert imported.warnings == []


def test_a_bundle_is_stored_whole_and_said() -> None:
    first, second = make_ca("First"), make_ca("Second")
    imported = import_ca(first, second)
    assert imported.version.sha256 == first.sha256
    assert imported.version.chain_pem.encode() == second.pem
    assert [warning.code for warning in imported.warnings] == ["ca.several"]


def test_a_server_certificate_is_refused_alone_and_in_a_bundle() -> None:
    leaf = make_leaf("www.example.test")
    for certificates in ((leaf,), (make_ca(), leaf)):
        with pytest.raises(InvalidInputError, match=r"www\.example\.test") as caught:
            import_ca(*certificates)
        assert (caught.value.code, caught.value.field) == ("certificate.not-ca", "certificate_pem")


@pytest.mark.parametrize("is_in_one_file", [True, False])
def test_a_key_is_refused(is_in_one_file: bool) -> None:
    root = make_ca()
    pem, key = (root.pem + root.key_pem, None) if is_in_one_file else (root.pem, root.key_pem)
    with pytest.raises(InvalidInputError) as caught:
        import_certificate(COMMAND, kind="ca", name="", certificate_pem=pem, private_key_pem=key)
    assert caught.value.code == "key.not-wanted"


def test_an_empty_key_field_is_no_key() -> None:
    imported = import_certificate(
        COMMAND, kind="ca", name="", certificate_pem=make_ca().pem, private_key_pem=b"\n", passphrase=""
    )
    assert imported.certificate.kind == "ca"


@pytest.mark.parametrize("kind", ["client", "", "Server"])
def test_another_kind_is_refused(kind: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        import_certificate(COMMAND, kind=kind, name="", certificate_pem=make_ca().pem)
    assert (caught.value.code, caught.value.field) == ("certificate.kind", "kind")
