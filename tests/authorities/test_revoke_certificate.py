"""Revoke what was issued."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from authorities.models import IssuedCertificate, PublishedList
from authorities.services import revoke_certificate
from certificates.models import SealedKey
from certificates.services import delete_certificate
from console.errors import ConflictError, InvalidInputError, NotFoundError
from events.models import Change
from tests.authorities.rows import issue_client, make_root, make_subordinate
from tests.certificates.repository import ALICE

pytestmark = pytest.mark.django_db


def test_a_revocation_is_kept_with_its_reason_and_told() -> None:
    authority = make_root()
    issued = issue_client(authority)
    revoke_certificate(ALICE, authority.pk, issued.version.serial.upper(), reason="cessation_of_operation")
    row = IssuedCertificate.objects.get()
    assert row.revoked_at is not None
    assert row.get_reason_display() == "Cessation of operation"
    change = Change.objects.get(kind="authority.revoked")
    assert change.detail == {"serial": row.serial, "reason": "cessation_of_operation"}


def test_a_revocation_is_for_good() -> None:
    authority = make_root()
    serial = issue_client(authority).version.serial
    revoke_certificate(ALICE, authority.pk, serial, reason="superseded")
    with pytest.raises(ConflictError) as caught:
        revoke_certificate(ALICE, authority.pk, serial, reason="key_compromise")
    assert caught.value.code == "issued.revoked"
    assert IssuedCertificate.objects.get().reason == "superseded"


def test_what_was_deleted_from_the_repository_can_still_be_revoked() -> None:
    authority = make_root()
    issued = issue_client(authority)
    delete_certificate(ALICE, issued.certificate.pk)
    revoke_certificate(ALICE, authority.pk, issued.version.serial, reason="key_compromise")
    assert PublishedList.objects.get().entries == 1


def test_a_subordinate_can_be_revoked() -> None:
    root = make_root(path_length=1)
    version = make_subordinate(root).certificate.current_version
    assert version is not None
    revoke_certificate(ALICE, root.pk, version.serial, reason="key_compromise")
    assert PublishedList.objects.get(authority=root).entries == 1


def test_a_certificate_that_ended_is_not_revoked() -> None:
    authority = make_root()
    serial = issue_client(authority, days=1).version.serial
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)), pytest.raises(ConflictError) as caught:
        revoke_certificate(ALICE, authority.pk, serial, reason="superseded")
    assert caught.value.code == "issued.ended"


@pytest.mark.parametrize("reason", ["", "certificate_hold", "remove_from_crl", "x" * 1000])
def test_a_hold_is_not_offered_nor_any_unknown_reason(reason: str) -> None:
    authority = make_root()
    serial = issue_client(authority).version.serial
    with pytest.raises(InvalidInputError) as caught:
        revoke_certificate(ALICE, authority.pk, serial, reason=reason)
    assert caught.value.field == "reason"


@pytest.mark.parametrize("serial", ["", "0", "zz", "a\0b", "f" * 1000, "ª"])
def test_an_unknown_serial_number_is_not_found(serial: str) -> None:
    with pytest.raises(NotFoundError):
        revoke_certificate(ALICE, make_root().pk, serial, reason="superseded")


def test_without_the_key_nothing_is_revoked_that_no_list_would_say() -> None:
    authority = make_root()
    serial = issue_client(authority).version.serial
    SealedKey.objects.filter(version=authority.certificate.current_version).delete()
    with pytest.raises(ConflictError):
        revoke_certificate(ALICE, authority.pk, serial, reason="superseded")
    assert IssuedCertificate.objects.get().revoked_at is None
