"""The log of deliveries goes back 90 days, and as far as anybody may still ask."""

import datetime as dt

import pytest
from django.utils import timezone

from alerts.models import Delivery, DeliveryAttempt
from alerts.pruning import prune_deliveries
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from alerts.services.resending import send_test
from events.actor import SYSTEM
from events.models import Notice
from tests.alerts.rows import DAY, make_certificate, make_webhook, replace
from tests.alerts.servers import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
LATER = dt.timedelta(days=91)


def age(delta: dt.timedelta) -> None:
    """Let everything be older."""
    for delivery in Delivery.objects.all():
        Delivery.objects.filter(pk=delivery.pk).update(created_at=delivery.created_at - delta)
    for notice in Notice.objects.exclude(resolved_at=None):
        assert notice.resolved_at is not None
        Notice.objects.filter(pk=notice.pk).update(resolved_at=notice.resolved_at - delta)


def test_old_test_goes_with_its_attempts(receiver: Receiver) -> None:
    send_test(SYSTEM, make_webhook(receiver.url).pk)
    assert prune_deliveries(timezone.now()) == 0
    age(LATER)
    assert prune_deliveries(timezone.now()) == 1
    assert not DeliveryAttempt.objects.exists()


def test_delivery_stays_while_what_it_tells_is_open_so_that_nothing_is_told_twice(receiver: Receiver) -> None:
    certificate = make_certificate(timezone.now() + 5 * DAY)
    make_webhook(receiver.url)
    run_scan(SYSTEM)
    send_due(3)
    age(LATER)
    assert prune_deliveries(timezone.now()) == 0
    run_scan(SYSTEM)
    assert Delivery.objects.count() == 1
    replace(certificate, timezone.now() + 300 * DAY)
    run_scan(SYSTEM)
    send_due(3)
    assert prune_deliveries(timezone.now()) == 0
    age(LATER)
    assert prune_deliveries(timezone.now()) == 2


def test_what_waits_is_never_pruned() -> None:
    make_certificate(timezone.now() + 5 * DAY)
    make_webhook()
    run_scan(SYSTEM)
    Notice.objects.update(is_open=False)
    age(LATER)
    assert prune_deliveries(timezone.now()) == 0
