"""Attempts are history, and a long one is cut."""

import pytest
from django.utils import timezone

from renewals import services
from renewals.leases import ATTEMPTS_KEPT, take
from renewals.models import Attempt, Renewal
from tests.authorities.rows import make_root
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def make_attempts(renewal: Renewal, count: int) -> None:
    now = timezone.now()
    Attempt.objects.bulk_create(
        Attempt(renewal=renewal, started_at=now, ended_at=now, outcome="failed") for _number in range(count)
    )


def test_the_newest_attempts_of_each_renewal_are_kept() -> None:
    authority = make_root()
    long, short = (
        services.create_renewal(OPERATOR, names=[name], authority_id=authority.pk) for name in ("a.test", "b.test")
    )
    make_attempts(long, ATTEMPTS_KEPT + 50)
    make_attempts(short, 3)
    newest = long.attempts.first()
    assert newest
    assert take(long.pk)
    assert long.attempts.count() == ATTEMPTS_KEPT
    assert long.attempts.filter(pk=newest.pk).exists()
    assert take(short.pk)
    assert short.attempts.count() == 4
