"""Renaming certificates."""

import pytest

from certificates.selectors import certificates
from certificates.services import rename_certificate
from console.errors import ConflictError, InvalidInputError, StaleError
from tests.certificates.repository import ALICE, import_leaf

pytestmark = pytest.mark.django_db


def test_the_new_name_is_stored_and_found() -> None:
    imported = import_leaf(name="old")
    renamed = rename_certificate(ALICE, imported.certificate.pk, name=" Neuer Name ", expected_revision=1)
    renamed.refresh_from_db()
    assert (renamed.name, renamed.revision) == ("Neuer Name", 2)
    assert list(certificates(query="neuer")) == [renamed]
    assert not certificates(query="old")


def test_its_own_name_is_no_conflict() -> None:
    imported = import_leaf(name="same")
    assert rename_certificate(ALICE, imported.certificate.pk, name="same").name == "same"


def test_a_taken_name_is_refused() -> None:
    import_leaf(name="taken")
    imported = import_leaf(name="mine")
    with pytest.raises(ConflictError) as caught:
        rename_certificate(ALICE, imported.certificate.pk, name="taken")
    assert caught.value.field == "name"


@pytest.mark.parametrize("name", ["", "  ", "x" * 129, "a\tb"])
def test_an_impossible_name_is_refused(name: str) -> None:
    imported = import_leaf()
    with pytest.raises(InvalidInputError):
        rename_certificate(ALICE, imported.certificate.pk, name=name)


def test_a_stale_revision_is_refused() -> None:
    imported = import_leaf()
    with pytest.raises(StaleError):
        rename_certificate(ALICE, imported.certificate.pk, name="x", expected_revision=7)
