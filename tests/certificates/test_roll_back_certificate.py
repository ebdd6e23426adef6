"""Going back to what was served before."""

import datetime as dt

import pytest
import time_machine

from certificates.services import roll_back_certificate
from console.errors import ConflictError, StaleError
from events.models import Change
from tests.certificates.repository import ALICE, codes, import_leaf, replace_by
from tests.certs import DAY, make_leaf

pytestmark = pytest.mark.django_db


def test_one_step_goes_back_to_the_version_before() -> None:
    first = import_leaf(make_leaf("a.example.test"))
    replace_by(first, make_leaf("a.example.test"))
    back = roll_back_certificate(ALICE, first.certificate.pk, expected_revision=2)
    back.certificate.refresh_from_db()
    assert back.certificate.current_version == first.version
    assert back.certificate.not_after == first.version.not_after
    assert back.certificate.revision == 3
    assert Change.objects.filter(kind="certificate.rolled_back").count() == 1


def test_after_a_bad_version_the_next_goes_back_to_the_good_one() -> None:
    first = import_leaf()
    replace_by(first, make_leaf())
    roll_back_certificate(ALICE, first.certificate.pk)
    third = replace_by(first, make_leaf())
    assert (third.version.number, third.version.replaces) == (3, first.version)
    assert roll_back_certificate(ALICE, first.certificate.pk).version == first.version


def test_a_version_can_be_named_so_that_going_back_is_undone() -> None:
    first = import_leaf()
    second = replace_by(first, make_leaf())
    roll_back_certificate(ALICE, first.certificate.pk)
    assert roll_back_certificate(ALICE, first.certificate.pk, version_number=2).version == second.version


@pytest.mark.parametrize("number", [None, 1, 2, 10**30])
def test_without_another_version_it_is_refused(number: int | None) -> None:
    first = import_leaf()
    with pytest.raises(ConflictError) as caught:
        roll_back_certificate(ALICE, first.certificate.pk, version_number=number)
    assert caught.value.code == "certificate.no-previous-version"


def test_names_that_are_lost_again_are_said() -> None:
    until = dt.datetime.now(dt.UTC) + 90 * DAY
    first = import_leaf(make_leaf("a.example.test", not_after=until))
    replace_by(first, make_leaf("a.example.test", "b.example.test", not_after=until))
    assert codes(roll_back_certificate(ALICE, first.certificate.pk)) == ["certificate.names-lost"]


def test_an_expired_version_is_served_again_with_a_warning() -> None:
    now = dt.datetime.now(dt.UTC)
    first = import_leaf(make_leaf(not_after=now + DAY))
    replace_by(first, make_leaf())
    with time_machine.travel(now + 2 * DAY, tick=False):
        back = roll_back_certificate(ALICE, first.certificate.pk)
    assert codes(back) == ["certificate.expired", "certificate.ends-sooner"]


def test_a_stale_revision_is_refused() -> None:
    first = import_leaf()
    replace_by(first, make_leaf())
    with pytest.raises(StaleError):
        roll_back_certificate(ALICE, first.certificate.pk, expected_revision=1)
