"""Deleting certificates."""

from collections.abc import Collection, Mapping

import pytest

from certificates import usage
from certificates.models import Certificate, CertificateName, CertificateVersion, SealedKey
from certificates.services import delete_certificate
from certificates.usage import Usage, Usages
from console.errors import ConflictError, NotFoundError, StaleError
from events.models import Change
from tests.certificates.repository import ALICE, import_leaf, replace_by
from tests.certs import make_leaf

pytestmark = pytest.mark.django_db


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> list[Usage]:
    """Add a layer above whose objects use every certificate that is asked for."""
    found: list[Usage] = []

    def provider(certificate_ids: Collection[str], most: int) -> Mapping[str, Usages]:
        return dict.fromkeys(certificate_ids, Usages(tuple(found[:most]), len(found), "/all/"))

    monkeypatch.setattr(usage, "_providers", [])
    usage.register(provider)
    usage.register(provider)
    return found


def test_everything_goes_with_it() -> None:
    imported = import_leaf()
    replace_by(imported, make_leaf())
    delete_certificate(ALICE, imported.certificate.pk, expected_revision=2)
    for model in (Certificate, CertificateVersion, CertificateName, SealedKey):
        assert not model.objects.exists()
    change = Change.objects.last()
    assert change is not None
    assert (change.kind, change.object_id) == ("certificate.deleted", imported.certificate.pk)


def test_in_use_it_is_refused_and_the_users_are_named(users: list[Usage]) -> None:
    imported = import_leaf(name="shop")
    users += [Usage(f"lsn-{number}", f"web {number}", "listener-detail", "default") for number in range(7)]
    with pytest.raises(ConflictError) as caught:
        delete_certificate(ALICE, imported.certificate.pk)
    assert caught.value.code == "certificate.in-use"
    assert "“shop” is in use by web 0 (default), " in str(caught.value)
    assert "+2" in str(caught.value)
    assert Certificate.objects.filter(pk=imported.certificate.pk).exists()


def test_a_user_is_counted_once_however_often_its_layer_registers(users: list[Usage]) -> None:
    users.append(Usage("lsn-1", "web", "listener-detail", "default"))
    assert {pk: list(found) for pk, found in usage.usages_of(["a", "b"]).items()} == {"a": users, "b": users}


def test_of_many_users_the_first_are_read_and_all_are_counted(users: list[Usage]) -> None:
    users += [Usage(f"lsn-{number}", f"web {number}", "listener-detail", "default") for number in range(70)]
    found = usage.usages_of(["a"])["a"]
    assert (list(found), found.total, found.more, found.list_url) == (users[:50], 70, 20, "/all/")
    assert len(usage.usages_of(["a"], most=1)["a"]) == 1


def test_no_longer_used_it_goes(users: list[Usage]) -> None:
    imported = import_leaf()
    delete_certificate(ALICE, imported.certificate.pk)
    assert not Certificate.objects.exists()


def test_a_stale_revision_is_refused() -> None:
    imported = import_leaf()
    with pytest.raises(StaleError):
        delete_certificate(ALICE, imported.certificate.pk, expected_revision=9)


def test_an_absent_certificate_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        delete_certificate(ALICE, "cert-0000000000000000")
