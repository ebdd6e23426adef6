"""What the scan makes due, and what it leaves alone."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from alerts.models import Delivery, DeliveryNotice, Scan
from alerts.scanning import is_scan_due, run_scan
from alerts.sending.outcomes import record_cancelled, record_sent
from alerts.sending.relevance import worth_telling
from alerts.transports.contract import Receipt
from certificates.models import Kind
from events.actor import SYSTEM
from events.models import Notice
from tests.alerts.rows import DAY, NOW, make_certificate, make_email, make_webhook, point_at, replace

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = dt.timedelta(hours=1)


def ledger() -> list[tuple[int, str]]:
    """Return (threshold in days, state) of every notice, longest threshold first."""
    rows = Notice.objects.order_by("-threshold_hours").values_list("threshold_hours", "state")
    return [(hours // 24, state) for hours, state in rows]


def scan() -> Scan:
    return run_scan(SYSTEM)


def deliver_everything() -> int:
    """Have every pending delivery taken that says something still true; return how many told of an end."""
    pending = list(Delivery.objects.filter(state=Delivery.State.PENDING).select_related("channel", "group"))
    said = [delivery for delivery in pending if worth_telling(delivery, timezone.now())]
    for delivery in pending:
        record_sent(delivery, Receipt("ok")) if delivery in said else record_cancelled(delivery)
    return len([delivery for delivery in said if delivery.kind == Delivery.Kind.EXPIRY])


def test_certificate_is_told_once_at_each_threshold(clock: time_machine.Traveller) -> None:
    make_webhook()
    make_certificate(NOW + 40 * DAY)
    messages = {}
    for day in (0, 9, 10, 11, 32, 33, 34, 38, 39, 40, 41, 44):
        clock.move_to(NOW + day * DAY)
        for _ in range(2):
            scan()
        if sent := deliver_everything():
            messages[day] = sent
    assert messages == {10: 1, 33: 1, 39: 1, 40: 1}
    assert ledger() == [(30, "told"), (7, "told"), (1, "told"), (0, "told")]


@pytest.mark.parametrize(
    ("left", "crossed"),
    [
        (30 * DAY + HOUR, []),
        (30 * DAY, [(30, "due")]),
        (7 * DAY + HOUR, [(30, "due")]),
        (7 * DAY, [(30, "superseded"), (7, "due")]),
        (1 * DAY, [(30, "superseded"), (7, "superseded"), (1, "due")]),
        (0 * DAY, [(30, "superseded"), (7, "superseded"), (1, "superseded"), (0, "due")]),
        (-400 * DAY, [(30, "superseded"), (7, "superseded"), (1, "superseded"), (0, "due")]),
    ],
)
def test_only_the_tightest_threshold_crossed_is_due(
    clock: time_machine.Traveller, left: dt.timedelta, crossed: list[tuple[int, str]]
) -> None:
    make_certificate(NOW + left)
    scan()
    assert ledger() == crossed


def test_after_a_week_off_only_the_tightest_is_sent(clock: time_machine.Traveller) -> None:
    make_webhook()
    make_certificate(NOW + 31 * DAY)
    scan()
    clock.move_to(NOW + 1 * DAY)
    scan()
    assert deliver_everything() == 1
    clock.move_to(NOW + 30 * DAY + HOUR)  # 23 hours are left: 7 days and 1 day were both crossed meanwhile
    scan()
    assert deliver_everything() == 1
    assert ledger() == [(30, "told"), (7, "superseded"), (1, "told")]


def test_certificate_imported_inside_a_threshold_is_told_once(clock: time_machine.Traveller) -> None:
    make_webhook()
    make_certificate(NOW + 5 * DAY)
    assert scan().notices_made == 1
    assert scan().notices_made == 0
    assert deliver_everything() == 1


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_certificate_is_watched(clock: time_machine.Traveller, kind: Kind) -> None:
    make_certificate(NOW + 5 * DAY, kind=kind)
    assert scan().notices_made == 1


def test_chain_that_ends_before_its_certificate_is_told(clock: time_machine.Traveller) -> None:
    make_certificate(NOW + 80 * DAY, chain_not_after=NOW + 5 * DAY)
    scan()
    notice = Notice.objects.get(state=Notice.State.DUE)
    assert (notice.subject_kind, notice.threshold_hours, notice.expires_at) == ("chain", 168, NOW + 5 * DAY)


def test_replaced_certificate_stops_alerting(clock: time_machine.Traveller) -> None:
    make_webhook()
    certificate = make_certificate(NOW + 5 * DAY)
    scan()
    replace(certificate, NOW + 90 * DAY)
    scan()
    assert ledger() == [(30, "superseded"), (7, "resolved")]
    clock.move_to(NOW + 10 * DAY)
    assert scan().notices_made == 0


def test_replacement_starts_anew_at_its_own_thresholds(clock: time_machine.Traveller) -> None:
    make_webhook()
    certificate = make_certificate(NOW + 5 * DAY)
    scan()
    deliver_everything()
    replace(certificate, NOW + 33 * DAY)
    scan()
    assert deliver_everything() == 0
    clock.move_to(NOW + 3 * DAY)
    scan()
    assert deliver_everything() == 1


def test_deleted_certificate_stops_alerting(clock: time_machine.Traveller) -> None:
    make_webhook()
    certificate = make_certificate(NOW + 5 * DAY)
    scan()
    certificate.current_version = None
    certificate.save(update_fields=("current_version",))
    certificate.delete()
    scan()
    assert ledger() == [(30, "superseded"), (7, "resolved")]


def test_rolling_back_does_not_repeat_what_was_told(clock: time_machine.Traveller) -> None:
    make_webhook()
    certificate = make_certificate(NOW + 5 * DAY)
    scan()
    assert deliver_everything() == 1
    old = replace(certificate, NOW + 90 * DAY)
    scan()
    point_at(certificate, old)
    scan()
    assert deliver_everything() == 0
    clock.move_to(NOW + 4 * DAY + HOUR)
    scan()
    assert deliver_everything() == 1


def test_rolling_back_tells_what_was_resolved_before_anybody_heard(clock: time_machine.Traveller) -> None:
    certificate = make_certificate(NOW + 5 * DAY)
    scan()
    old = replace(certificate, NOW + 90 * DAY)
    scan()
    point_at(certificate, old)
    make_webhook()
    scan()
    assert deliver_everything() == 1


def test_ten_thousand_certificates_expired_at_once_make_one_digest_a_channel(clock: time_machine.Traveller) -> None:
    make_webhook()
    make_email()
    for number in range(300):  # the full ten thousand: tests/conformance
        make_certificate(NOW - DAY, name=f"expired-{number}")
    assert scan().deliveries_made == 2
    assert [delivery.items.count() for delivery in Delivery.objects.all()] == [300, 300]


def test_new_channel_is_told_what_is_open_at_its_tightest(clock: time_machine.Traveller) -> None:
    make_webhook()
    make_certificate(NOW + 8 * DAY)
    make_certificate(NOW + 5 * DAY)
    gone = make_certificate(NOW + 5 * DAY)
    scan()
    deliver_everything()
    clock.move_to(NOW + 2 * DAY)
    replace(gone, NOW + 90 * DAY)
    scan()
    deliver_everything()
    newcomer = make_email()
    scan()
    told = DeliveryNotice.objects.filter(channel=newcomer).values_list("notice__threshold_hours", flat=True)
    assert sorted(told) == [168, 168]
    assert newcomer.deliveries.count() == 1


def test_notice_without_any_channel_waits_for_one(clock: time_machine.Traveller) -> None:
    make_certificate(NOW + 5 * DAY)
    scan()
    make_webhook()
    assert deliver_everything() == 1


def test_clock_that_jumps_back_repeats_nothing(clock: time_machine.Traveller) -> None:
    make_webhook()
    make_certificate(NOW + 5 * DAY)
    scan()
    deliver_everything()
    clock.move_to(NOW - 10 * DAY)
    scan()
    clock.move_to(NOW)
    scan()
    assert deliver_everything() == 0
    assert ledger() == [(30, "superseded"), (7, "told")]


def test_second_beat_changes_nothing(clock: time_machine.Traveller) -> None:
    scan()
    assert not is_scan_due(NOW + dt.timedelta(minutes=9))
    assert is_scan_due(NOW + dt.timedelta(minutes=10))


def test_old_scans_are_forgotten(clock: time_machine.Traveller) -> None:
    scan()
    clock.move_to(NOW + 31 * DAY)
    scan()
    assert Scan.objects.count() == 1
