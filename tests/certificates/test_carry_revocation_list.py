"""A CA certificate carries the newest list of each of its authorities, and no older one."""

import datetime as dt

import pytest

from certificates.models import RevocationList
from certificates.revocation.services import carry_list
from console.errors import ConflictError, DomainError, InvalidInputError
from events.models import Change
from tests.certificates.repository import ALICE, import_leaf
from tests.certificates.revocation import AUTHORITY, UPLOADED, carry, import_ca
from tests.certs import DAY, make_ca, make_leaf, make_list

pytestmark = pytest.mark.django_db


def test_list_is_carried_and_told_to_the_feed() -> None:
    root = make_ca()
    certificate = import_ca(root)
    row = carry(certificate, make_list(root, make_leaf(issuer=root), number=7))
    assert (row.number, row.entries, row.last_problem) == ("7", 1, "")
    change = Change.objects.latest("id")
    assert (change.kind, change.object_id) == ("certificate.revocation_list_stored", certificate.pk)


def test_newer_list_takes_the_place_of_the_one_before() -> None:
    root = make_ca()
    certificate = import_ca(root)
    first = carry(certificate, make_list(root, number=7))
    second = carry(certificate, make_list(root, number=8))
    assert second.pk == first.pk
    assert (second.revision, RevocationList.objects.get().number) == (first.revision + 1, "8")


def test_same_list_again_changes_nothing_for_the_nodes() -> None:
    root = make_ca()
    certificate, der = import_ca(root), make_list(root)
    carry(certificate, der)
    newest = Change.objects.latest("id").pk
    carry(certificate, der)
    assert Change.objects.latest("id").pk == newest


def test_list_with_a_lower_number_is_refused() -> None:
    root = make_ca()
    certificate = import_ca(root)
    carry(certificate, make_list(root, number=16))
    with pytest.raises(ConflictError, match="older than the one that is carried") as refused:
        carry(certificate, make_list(root, number=15))
    assert refused.value.code == "crl.older"
    assert RevocationList.objects.get().number == "10"


def test_list_without_a_number_is_compared_by_its_date() -> None:
    root = make_ca()
    certificate = import_ca(root)
    now = dt.datetime.now(dt.UTC)
    carry(certificate, make_list(root, number=None, this_update=now - 2 * DAY))
    carry(certificate, make_list(root, number=None, this_update=now - DAY))
    with pytest.raises(ConflictError):
        carry(certificate, make_list(root, number=None, this_update=now - 2 * DAY))


def test_each_authority_of_a_bundle_has_a_list_of_its_own() -> None:
    one, two = make_ca("One"), make_ca("Two")
    certificate = import_ca(one, two)
    carry(certificate, make_list(one, number=9))
    carry(certificate, make_list(two, number=3))
    assert sorted(RevocationList.objects.values_list("issuer", flat=True)) == ["CN=One,O=Test", "CN=Two,O=Test"]


def test_list_of_another_authority_is_refused() -> None:
    certificate = import_ca(make_ca())
    with pytest.raises(InvalidInputError, match="no authority of this CA certificate"):
        carry(certificate, make_list(make_ca("Stranger")))
    assert not RevocationList.objects.exists()


def test_list_that_has_ended_is_refused() -> None:
    root = make_ca()
    now = dt.datetime.now(dt.UTC)
    with pytest.raises(InvalidInputError, match="ended on"):
        carry(import_ca(root), make_list(root, this_update=now - 2 * DAY, next_update=now - DAY))


def test_list_that_has_not_begun_is_refused() -> None:
    root = make_ca()
    tomorrow = dt.datetime.now(dt.UTC) + DAY
    with pytest.raises(InvalidInputError, match="begins only on"):
        carry(import_ca(root), make_list(root, this_update=tomorrow, next_update=tomorrow + DAY))


def test_server_certificate_carries_no_list() -> None:
    root = make_ca()
    server = import_leaf(make_leaf(issuer=root)).certificate
    with pytest.raises(ConflictError, match="is no CA certificate"):
        carry(server, make_list(root))


def test_absent_certificate_carries_no_list() -> None:
    with pytest.raises(DomainError, match="There is no certificate"):
        carry_list(ALICE, "cert-absent", source=UPLOADED, der=make_list(make_ca()))


def test_root_carries_the_list_of_an_intermediate_that_the_repository_knows() -> None:
    root = make_ca()
    middle = make_ca("Middle", issuer=root)
    certificate = import_ca(root)
    with pytest.raises(InvalidInputError):
        carry(certificate, make_list(middle))
    import_ca(middle)
    assert carry(certificate, make_list(middle)).issuer == "CN=Middle,O=Test"


def test_list_of_a_private_authority_is_carried_by_those_above_it_too() -> None:
    root = make_ca()
    middle = make_ca("Middle", issuer=root)
    lowest = make_ca("Lowest", issuer=middle)
    holders = {import_ca(each).pk for each in (root, middle)}
    certificate = import_ca(lowest)
    carry(certificate, make_list(lowest), AUTHORITY)
    assert set(RevocationList.objects.values_list("certificate_id", flat=True)) == holders | {certificate.pk}
