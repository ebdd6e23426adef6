"""Renewals that fail are told like an expiry: once, and no more when they go through."""

import datetime as dt

import pytest
from django.core import mail
from django.utils import timezone

from alerts.models import Delivery, Scan
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from events.actor import SYSTEM
from events.models import Notice
from renewals import services
from renewals.leases import take
from renewals.models import AcmeAccount, Renewal
from renewals.outcomes import record_failure
from renewals.problems import AttemptFailedError
from tests.alerts.rows import make_email
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def renewal() -> Renewal:
    make_email()
    account = AcmeAccount.objects.create(name="a", directory_url="https://acme.test/", key=b"", created_by="alice")
    return services.create_renewal(OPERATOR, account_id=account.pk, names=["shop.test"], challenge="http-01")


def fail(renewal: Renewal) -> None:
    Renewal.objects.filter(pk=renewal.pk).update(next_attempt_at=timezone.now())
    lease = take(renewal.pk)
    assert lease
    record_failure(lease, AttemptFailedError("The zone is broken.", "acme.dns", way_out="Mend the zone."))


def tell() -> None:
    run_scan(SYSTEM)
    send_due(10)


def test_second_failure_in_a_row_is_told_once(renewal: Renewal) -> None:
    fail(renewal)
    tell()
    assert not Delivery.objects.exists()  # it may be a hiccup
    for _ in range(3):
        fail(renewal)
        tell()
    (message,) = mail.outbox
    assert "shop.test" in message.subject
    assert "Mend the zone." in message.body
    assert f"/renewals/{renewal.pk}/" in message.body
    assert Notice.objects.get().state == Notice.State.TOLD


def test_notice_is_resolved_when_nothing_fails_any_more(renewal: Renewal) -> None:
    fail(renewal)
    fail(renewal)
    run_scan(SYSTEM)
    Renewal.objects.update(failures=0, failing_since=None, state="waiting", versions_issued=1)
    tell()
    assert mail.outbox == []
    assert not Notice.objects.get().is_open


def test_next_row_of_failures_is_told_again(renewal: Renewal) -> None:
    fail(renewal)
    fail(renewal)
    tell()
    Renewal.objects.update(failures=0, failing_since=None, state="waiting", versions_issued=1)
    tell()
    fail(renewal)
    fail(renewal)
    tell()
    assert [message.subject.partition(":")[0] for message in mail.outbox] == [
        "shop.test is not renewed",
        "Resolved",
        "shop.test is not renewed",
    ]


def test_renewal_that_nobody_begins_is_told(renewal: Renewal) -> None:
    Renewal.objects.update(next_attempt_at=timezone.now() - dt.timedelta(hours=2))
    tell()
    assert mail.outbox == []  # everything may have been off for a week: a worker is about to begin
    tell()
    (message,) = mail.outbox
    assert "worker" in message.body


def test_renewal_that_is_begun_after_a_week_off_is_not_told(renewal: Renewal) -> None:
    now = timezone.now()
    Scan.objects.create(started_at=now - dt.timedelta(days=7), requested_by="beat")
    Renewal.objects.update(next_attempt_at=now - dt.timedelta(days=3))
    tell()
    assert take(renewal.pk)
    tell()
    assert mail.outbox == []


def test_paused_renewal_is_not_told(renewal: Renewal) -> None:
    fail(renewal)
    fail(renewal)
    services.pause_renewal(OPERATOR, renewal.pk)
    tell()
    assert mail.outbox == []
