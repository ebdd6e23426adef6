"""Leases, retries and what a failing channel leads to."""

import datetime as dt
import threading

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from alerts.models import Channel, Delivery
from alerts.scanning import run_scan
from alerts.selectors.health import health
from alerts.sending.backoff import DELAYS_SECONDS, TELLING_AFTER, delay_after
from alerts.sending.deliveries import due_deliveries, send_due, take_lease
from alerts.sending.outcomes import record_failure, record_sent
from alerts.services.channels import update_channel
from alerts.transports.contract import Receipt, TransportError
from events.actor import SYSTEM
from events.models import Notice
from tests.alerts.rows import DAY, NOW, make_certificate, make_webhook, replace
from tests.alerts.servers import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
LATER = TransportError("not now", permanent=False)


def pending_delivery(url: str = "http://127.0.0.1:9/") -> Delivery:
    """Return a delivery about one certificate that ends in five days."""
    make_certificate(timezone.now() + 5 * DAY)
    make_webhook(url)
    run_scan(SYSTEM)
    return Delivery.objects.get(kind=Delivery.Kind.EXPIRY)


def taken(delivery: Delivery) -> Delivery:
    """Take the lease of a delivery whose time has come."""
    Delivery.objects.filter(pk=delivery.pk).update(next_attempt_at=timezone.now())
    held = take_lease(delivery.pk)
    assert held is not None
    return held


def test_only_one_of_many_senders_gets_the_lease() -> None:
    delivery = pending_delivery()
    leases: list[Delivery | None] = []

    def compete() -> None:
        leases.append(take_lease(delivery.pk))
        connection.close()

    threads = [threading.Thread(target=compete) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([lease for lease in leases if lease]) == 1


def test_lease_that_ran_out_is_taken_over_and_its_holder_cannot_fail_it(clock: time_machine.Traveller) -> None:
    first = taken(pending_delivery())
    clock.shift(dt.timedelta(minutes=10))
    second = take_lease(first.pk)
    assert second is not None
    record_failure(first, LATER)
    first.refresh_from_db()
    assert first.state == Delivery.State.SENDING
    record_sent(second, Receipt("ok"))
    first.refresh_from_db()
    assert (first.state, first.attempts) == (Delivery.State.SENT, 2)


def test_delivery_fails_for_good_after_the_last_retry(clock: time_machine.Traveller) -> None:
    delivery = pending_delivery()
    for _ in range(len(DELAYS_SECONDS)):
        record_failure(taken(delivery), LATER)
        delivery.refresh_from_db()
        assert delivery.state == Delivery.State.PENDING
    record_failure(taken(delivery), LATER)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.FAILED


@pytest.mark.parametrize("attempts", range(1, len(DELAYS_SECONDS) + 1))
def test_delays_grow_with_jitter_and_never_pass_a_day(attempts: int) -> None:
    delays = {delay_after(attempts) for _ in range(50)}
    assert len(delays) > 1
    for delay in delays:
        assert delay is not None
        assert DELAYS_SECONDS[attempts - 1] * 0.8 <= delay.total_seconds() <= 86_400


def test_failing_channel_is_told_to_the_others_once(clock: time_machine.Traveller) -> None:
    other = make_webhook(name="other")
    failing = make_webhook(name="failing")
    make_certificate(NOW + 5 * DAY)
    run_scan(SYSTEM)
    delivery = failing.deliveries.get()
    for _ in range(6):  # as many messages do at once while a receiver restarts
        record_failure(taken(delivery), LATER)
    assert not Notice.objects.filter(subject_kind="channel").exists()
    clock.shift(TELLING_AFTER)
    for _ in range(2):
        record_failure(taken(delivery), LATER)
    assert other.deliveries.filter(kind=Delivery.Kind.CHANNEL).count() == 1
    assert failing.deliveries.filter(kind=Delivery.Kind.CHANNEL).count() == 0
    assert [channel.name for channel in health().failing_channels] == ["failing"]
    record_sent(taken(delivery), Receipt("ok"))
    assert health().failing_channels == []
    assert not Notice.objects.filter(subject_kind="channel", is_open=True).exists()


def test_two_dead_channels_do_not_tell_each_other_for_ever(clock: time_machine.Traveller) -> None:
    make_webhook()
    make_webhook()
    make_certificate(NOW + 5 * DAY)
    run_scan(SYSTEM)
    for _ in range(10):
        for delivery in Delivery.objects.filter(state=Delivery.State.PENDING):
            record_failure(taken(delivery), TransportError("never", permanent=True))
    assert Delivery.objects.count() == 4
    assert Notice.objects.filter(subject_kind="channel").count() == 2


def test_what_was_replaced_while_it_waited_is_not_sent(receiver: Receiver) -> None:
    certificate = make_certificate(timezone.now() + 5 * DAY)
    make_webhook(receiver.url)
    run_scan(SYSTEM)
    replace(certificate, timezone.now() + 90 * DAY)
    send_due(3)
    assert Delivery.objects.get().state == Delivery.State.CANCELLED
    assert receiver.requests == []
    assert Notice.objects.filter(state=Notice.State.RESOLVED).count() == 1


def test_channel_that_is_off_holds_its_messages_until_it_is_on(receiver: Receiver) -> None:
    delivery = pending_delivery(receiver.url)
    update_channel(SYSTEM, delivery.channel_id, enabled=False)
    assert not due_deliveries(timezone.now()).exists()
    update_channel(SYSTEM, delivery.channel_id, enabled=True)
    send_due(3)
    assert receiver.ids == [str(delivery.key)]


def test_new_target_is_tried_at_once(receiver: Receiver) -> None:
    delivery = pending_delivery()
    record_failure(taken(delivery), LATER)
    update_channel(SYSTEM, delivery.channel_id, target=receiver.url)
    send_due(3)
    assert receiver.ids == [str(delivery.key)]
    assert Channel.objects.get().failing_since is None


def test_message_that_cannot_be_made_does_not_stop_the_others(receiver: Receiver) -> None:
    broken = make_webhook(receiver.url, name="broken")
    Channel.objects.filter(pk=broken.pk).update(sealed_secret=b"no token")
    make_webhook(receiver.url, name="good")
    make_certificate(timezone.now() + 5 * DAY)
    run_scan(SYSTEM)
    send_due(3)
    states = dict(Delivery.objects.filter(kind=Delivery.Kind.EXPIRY).values_list("channel__name", "state"))
    assert states == {"broken": "pending", "good": "sent"}


def test_health_warns_when_no_scan_ran_for_twice_its_period(clock: time_machine.Traveller) -> None:
    make_webhook()
    make_certificate(NOW + 50 * DAY)
    run_scan(SYSTEM)
    assert not health().warnings
    clock.shift(dt.timedelta(minutes=20))
    assert not health().warnings
    clock.shift(dt.timedelta(minutes=2))
    assert "No expiry scan for 22 minutes" in health().warnings[0]


def test_health_warns_when_the_scan_never_ran(clock: time_machine.Traveller) -> None:
    make_webhook()
    make_certificate(NOW + 50 * DAY)
    assert not health().warnings
    clock.shift(DAY)
    assert "never run" in health().warnings[0]
