"""Time travel shows what is then really sent: when, over which channel, and about what."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine

from alerts.forecast.time_travel import Forecast, checked_span, forecast
from alerts.models import ContactGroup, Delivery
from alerts.people.timing import Timing
from alerts.rules.fields import StepInput
from alerts.scanning import run_scan
from alerts.sending.outcomes import record_sent
from alerts.services.acknowledgements import acknowledge
from alerts.services.groups import create_group
from alerts.services.rules import create_rule
from alerts.transports.contract import Receipt
from certificates.models import CertificateTag
from console.errors import InvalidInputError
from events.actor import SYSTEM
from events.models import Notice
from tests.alerts.rows import DAY, NOW, add_chain_members, make_certificate, make_email, make_webhook
from watchlist.models import WatchedAddress

pytestmark = pytest.mark.django_db
PERIOD = dt.timedelta(minutes=10)
HOUR = dt.timedelta(hours=1)
Told = tuple[dt.datetime, str, str, tuple[tuple[str, int], ...]]


def foretold(begin: dt.datetime, end: dt.datetime, now: dt.datetime) -> list[Told]:
    """Return (when, channel, kind, (name, threshold)...) of every message that is foretold."""
    return sorted(
        (
            message.at,
            message.channel_name,
            message.kind,
            tuple(sorted((each.name, each.threshold_hours) for each in message.tellings)),
        )
        for message in forecast(begin, end, now).messages
    )


def scans_worth_running(moments: set[dt.datetime], end: dt.datetime) -> Iterator[dt.datetime]:
    """Yield the scans at which anything may happen: those foretold, each with the one before it, and one a week."""
    wanted = {NOW + number * 7 * DAY for number in range((end - NOW) // (7 * DAY) + 1)}
    for moment in moments:
        wanted.update((moment - PERIOD, moment))
    yield from sorted(each for each in wanted if NOW <= each < end)


def send(now: dt.datetime) -> Iterator[Told]:
    """Have every message whose time has come taken by its receiver."""
    due = Delivery.objects.filter(state=Delivery.State.PENDING, next_attempt_at__lte=now)
    for delivery in due.select_related("channel").order_by("pk"):
        items = delivery.items.filter(notice__is_open=True).values_list(
            "notice__subject_name", "notice__threshold_hours"
        )
        told = tuple(sorted(items))
        record_sent(delivery, Receipt("ok"))
        if told:
            yield now, delivery.channel.name, delivery.kind, told


def lived_through(clock: time_machine.Traveller, end: dt.datetime, moments: set[dt.datetime]) -> list[Told]:
    """Return what is really sent while the scans run on their grid."""
    told: list[Told] = []
    for moment in scans_worth_running(moments, end):
        clock.move_to(moment)
        run_scan(SYSTEM)
        told += send(moment)
    return sorted(told)


def lay_story() -> None:
    """Store rules, groups and certificates in which everything happens: steps, digests, quiet hours, short lives."""
    pager, mail, boss = make_webhook(name="pager"), make_email(name="mail"), make_email(name="boss")
    everyone = ContactGroup.objects.get(is_default=True)
    everyone.channels.set([mail])
    night = Timing(time_zone="Europe/Berlin", quiet_from=dt.time(20), quiet_until=dt.time(8))
    on_call = create_group(SYSTEM, name="On call", channel_ids=[pager.pk], timing=night)
    weekly = Timing(time_zone="Asia/Shanghai", pace="weekly", digest_at=dt.time(9), digest_weekday=0)
    heads = create_group(SYSTEM, name="Heads", channel_ids=[boss.pk], timing=weekly)
    steps = [StepInput(0, on_call.pk), StepInput(36, everyone.pk), StepInput(48, heads.pk)]
    create_rule(SYSTEM, name="shop", tag_key="env", tag_value="prod", thresholds_hours=[480, 100, 12, 0], steps=steps)
    create_rule(SYSTEM, name="muted", owner="Nobody", mutes=True)
    owned = [StepInput(0, to_owner=True)]
    create_rule(SYSTEM, name="partners", owner="On call", thresholds_hours=[24 * 7], steps=owned)
    WatchedAddress.objects.create(
        name="partner",
        host="partner.example",
        port=443,
        owner="On call",
        next_check_at=NOW,
        ends_sha256="a" * 64,
        not_before=NOW - 300 * DAY,
        ends_at=NOW + 10 * DAY,
    )
    shop = make_certificate(NOW + 21 * DAY + 3 * HOUR, name="shop")
    CertificateTag.objects.create(certificate=shop, key="env", value="prod")
    make_certificate(NOW + 25 * DAY, name="plain")
    make_certificate(NOW + 33 * DAY, name="later")
    short = make_certificate(NOW + 8 * DAY, name="short")
    short.versions.update(not_before=NOW - DAY)
    silent = make_certificate(NOW + 2 * DAY, name="silent")
    type(silent).objects.filter(pk=silent.pk).update(owner="Nobody")
    with_chain = make_certificate(NOW + 85 * DAY, name="chained")
    assert with_chain.current_version
    add_chain_members(with_chain.current_version, NOW + 9 * DAY)


def test_time_travel_equals_what_is_then_really_sent(clock: time_machine.Traveller) -> None:
    lay_story()
    run_scan(SYSTEM)
    end = NOW + 8 * DAY
    expected = foretold(NOW, end, NOW)
    assert {channel for _at, channel, *_rest in expected} == {"pager", "mail", "boss"}
    assert lived_through(clock, end, {at for at, *_rest in expected}) == expected


@pytest.mark.conformance
def test_time_travel_equals_what_is_sent_in_forty_days(clock: time_machine.Traveller) -> None:
    lay_story()
    run_scan(SYSTEM)
    end = NOW + 40 * DAY
    expected = foretold(NOW, end, NOW)
    assert lived_through(clock, end, {at for at, *_rest in expected}) == expected


@pytest.mark.conformance
def test_time_travel_goes_on_with_what_is_told_already(clock: time_machine.Traveller) -> None:
    lay_story()
    told = lived_through(clock, NOW + 40 * DAY, {at for at, *_rest in foretold(NOW, NOW + 40 * DAY, NOW)})
    Notice.objects.all().delete()
    Delivery.objects.all().delete()
    middle = NOW + 9 * DAY
    before = {at for at, *_rest in told if at < middle} | {middle}
    clock.move_to(NOW)
    again = lived_through(clock, middle + PERIOD, before)
    expected = foretold(middle + PERIOD, NOW + 40 * DAY, middle + PERIOD)
    assert again + expected == told


def test_acknowledged_certificate_is_foretold_at_its_end_alone(clock: time_machine.Traveller) -> None:
    make_webhook(name="pager")
    make_certificate(NOW + 5 * DAY, name="shop")
    run_scan(SYSTEM)
    acknowledge(SYSTEM, [Notice.objects.get(is_open=True).pk], reason="on it")
    told = foretold(NOW, NOW + 40 * DAY, NOW)
    assert told == [(NOW + 5 * DAY, "pager", "expiry", (("shop", 0),))]


def test_span_has_only_its_own_messages(clock: time_machine.Traveller) -> None:
    make_webhook(name="pager")
    make_certificate(NOW + 40 * DAY, name="shop")
    day = NOW + 33 * DAY
    (message,) = forecast(day - HOUR, day + HOUR, NOW).messages
    assert (message.at, message.total, message.tellings[0].threshold_hours) == (day, 1, 168)
    assert forecast(day + HOUR, day + 2 * HOUR, NOW) == Forecast(day + HOUR, day + 2 * HOUR, [], is_complete=True)


@pytest.mark.parametrize(
    ("begin", "end"), [(NOW - DAY, NOW), (NOW + DAY, NOW + DAY), (NOW, NOW + 3661 * DAY), (NOW + DAY, NOW)]
)
def test_span_that_cannot_be_foretold_is_refused(begin: dt.datetime, end: dt.datetime) -> None:
    with pytest.raises(InvalidInputError):
        checked_span(begin, end, NOW)
