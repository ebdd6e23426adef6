"""Change how an authority publishes, and delete one."""

import datetime as dt

import pytest

from authorities.models import Authority, PublishedList
from authorities.services import change_authority, delete_authority, revoke_certificate
from certificates.models import Certificate, SealedKey
from console.errors import ConflictError, InvalidInputError, StaleError
from renewals.models import Renewal
from tests.authorities.rows import issue_client, make_root, make_subordinate
from tests.certificates.repository import ALICE

pytestmark = pytest.mark.django_db


def test_a_list_of_the_new_life_is_published_at_once() -> None:
    authority = make_root()
    changed = change_authority(ALICE, authority.pk, crl_hours=24, expected_revision=authority.revision)
    published = PublishedList.objects.get()
    assert published.next_update - published.this_update == dt.timedelta(hours=24)
    assert changed.revision == authority.revision + 1


@pytest.mark.parametrize("hours", [0, -1, 8761, 10**12])
def test_a_life_beyond_a_year_or_below_an_hour_is_refused(hours: int) -> None:
    with pytest.raises(InvalidInputError) as caught:
        change_authority(ALICE, make_root().pk, crl_hours=hours)
    assert caught.value.field == "crl_hours"


def test_a_deleted_authority_leaves_its_certificate_without_a_key() -> None:
    authority = make_root()
    delete_authority(ALICE, authority.pk)
    assert not Authority.objects.exists()
    assert Certificate.objects.get().kind == "ca"
    assert not SealedKey.objects.exists()


def test_an_authority_with_valid_certificates_is_deleted_only_when_they_are_abandoned() -> None:
    authority = make_root()
    issue_client(authority)
    with pytest.raises(ConflictError) as caught:
        delete_authority(ALICE, authority.pk)
    assert (caught.value.code, caught.value.field) == ("authority.issued-valid", "abandon")
    delete_authority(ALICE, authority.pk, abandon=True)
    assert not Authority.objects.exists()


def test_an_authority_whose_certificates_are_revoked_is_deleted() -> None:
    authority = make_root()
    revoke_certificate(ALICE, authority.pk, issue_client(authority).version.serial, reason="superseded")
    delete_authority(ALICE, authority.pk)
    assert not Authority.objects.exists()


def test_an_authority_above_another_is_not_deleted() -> None:
    root = make_root(path_length=1)
    make_subordinate(root)
    with pytest.raises(ConflictError) as caught:
        delete_authority(ALICE, root.pk, abandon=True)
    assert caught.value.code == "authority.has-subordinates"


def test_an_authority_that_renews_is_not_deleted() -> None:
    authority = make_root()
    Renewal.objects.create(name="shop", source="authority", authority=authority, created_by="alice")
    with pytest.raises(ConflictError) as caught:
        delete_authority(ALICE, authority.pk)
    assert caught.value.code == "authority.in-use"
    assert SealedKey.objects.exists()


def test_a_stale_revision_is_refused() -> None:
    authority = make_root()
    with pytest.raises(StaleError):
        change_authority(ALICE, authority.pk, crl_hours=24, expected_revision=authority.revision + 1)
    with pytest.raises(StaleError):
        delete_authority(ALICE, authority.pk, expected_revision=authority.revision + 1)
