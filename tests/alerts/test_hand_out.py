"""Who is told: groups, owners, steps, acknowledgements, and what is said when all is well again."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import AlertRule, AlertStep, Channel, Contact, ContactGroup, Delivery
from alerts.people.timing import DAILY, Timing
from alerts.scanning import run_scan
from alerts.sending.deliveries import take_lease
from alerts.sending.outcomes import record_cancelled, record_failure, record_sent
from alerts.sending.relevance import worth_telling
from alerts.services.acknowledgements import acknowledge, withdraw_acknowledgement
from alerts.services.channels import create_channel
from alerts.services.contacts import create_contact, delete_contact
from alerts.services.groups import create_group, update_group
from alerts.transports.contract import Receipt, TransportError
from certificates.models import Certificate
from events.actor import SYSTEM
from events.models import Notice
from tests.alerts.rows import DAY, NOW, make_certificate, make_webhook, point_at, replace

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def person(name: str, *groups: ContactGroup) -> Contact:
    """Create a contact; its channel bears its name."""
    address = f"{name.split(maxsplit=1)[0].lower()}@example.test"
    return create_contact(SYSTEM, name=name, email=address, group_ids=[group.pk for group in groups])


def group_of(*names: str, name: str = "", timing: Timing | None = None) -> ContactGroup:
    """Create a group of contacts of these names."""
    ids = [person(each).pk for each in names]
    return create_group(SYSTEM, name=name or f"group of {names}", contact_ids=ids, timing=timing)


def tell(*steps: tuple[int, ContactGroup | None]) -> None:
    """Have the last rule tell these groups, each after so many hours; None is the owner."""
    rule = AlertRule.objects.get(is_default=True)
    rule.steps.all().delete()
    for hours, group in steps:
        AlertStep.objects.create(rule=rule, after_hours=hours, group=group, to_owner=group is None)


def scan_and_send() -> list[tuple[str, str]]:
    """Scan, have everything that may go out now taken, and return (channel, kind) of it, sorted."""
    run_scan(SYSTEM)
    return send()


def send() -> list[tuple[str, str]]:
    now = dt.datetime.now(dt.UTC)
    due = Delivery.objects.filter(state=Delivery.State.PENDING, next_attempt_at__lte=now)
    sent = []
    for delivery in list(due.select_related("channel", "group")):
        if worth_telling(delivery, now):
            record_sent(delivery, Receipt("ok"))
            sent.append((delivery.channel.name, delivery.kind))
        else:
            record_cancelled(delivery)
    return sorted(sent)


def told() -> list[str]:
    """Scan, send, and return the names of the channels that were told of an end."""
    return [name for name, kind in scan_and_send() if kind == Delivery.Kind.EXPIRY]


def ending(owner: str = "", **more: object) -> Certificate:
    """Store a certificate that ends in five days."""
    certificate = make_certificate(NOW + 5 * DAY)
    Certificate.objects.filter(pk=certificate.pk).update(owner=owner)
    return certificate


def the_notice() -> Notice:
    return Notice.objects.get(is_open=True, subject_kind="certificate")


def test_a_rule_tells_its_group_and_nobody_else(clock: time_machine.Traveller) -> None:
    make_webhook(name="everyone's")
    tell((0, group_of("Ana", "Ben")))
    ending()
    assert told() == ["Ana", "Ben"]
    assert told() == []


def test_who_is_in_two_groups_is_told_once_and_as_soon_as_one_lets_it(clock: time_machine.Traveller) -> None:
    slow = group_of("Ana", timing=Timing(pace=DAILY, digest_at=dt.time(9)))
    fast = create_group(SYSTEM, name="fast", contact_ids=[Contact.objects.get().pk])
    tell((0, slow), (0, fast))
    ending()
    assert told() == ["Ana"]
    assert Delivery.objects.get().group == fast


def test_a_group_that_reaches_nobody_is_stood_in_for_by_the_default_group(clock: time_machine.Traveller) -> None:
    make_webhook(name="everyone's")
    group = group_of("Ana")
    tell((0, group))
    Channel.objects.filter(name="Ana").update(enabled=False)
    ending()
    assert told() == ["everyone's"]


@pytest.mark.parametrize(
    ("owner", "names"),
    [("Ana", ["Ana"]), (" aNA ", ["Ana"]), ("TEAM ÄÖ", ["Ben"]), ("nobody", ["everyone's"]), ("", ["everyone's"])],
)
def test_owner_is_the_contact_or_group_of_that_name_in_any_case(
    clock: time_machine.Traveller, owner: str, names: list[str]
) -> None:
    make_webhook(name="everyone's")
    person("Ana")
    group_of("Ben", name="team äö")
    tell((0, None))
    ending(owner)
    assert told() == names


def test_owners_without_anything_new_cost_no_questions(clock: time_machine.Traveller) -> None:
    tell((0, None))
    questions = []
    for names in (("Ana",), ("Ben", "Cem", "Dora")):
        for name in names:
            person(name)
            ending(name)
        assert told() == list(names)
        with CaptureQueriesContext(connection) as asked:
            assert told() == []
        questions.append(len(asked))
    assert questions[0] == questions[1]
    ending("Cem")
    assert told() == ["Cem"]


def test_unacknowledged_notice_goes_to_the_next_step_after_its_hours(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana")), (24, group_of("Ben")), (36, group_of("Cem")))
    ending()
    assert told() == ["Ana"]
    clock.move_to(NOW + 24 * HOUR - dt.timedelta(seconds=1))
    assert told() == []
    clock.move_to(NOW + 24 * HOUR)
    assert told() == ["Ben"]
    clock.move_to(NOW + 90 * HOUR)
    assert told() == ["Cem"]


def test_escalation_counts_from_the_telling_and_not_from_the_finding(clock: time_machine.Traveller) -> None:
    quiet = Timing(quiet_from=dt.time(11), quiet_until=dt.time(20))
    tell((0, group_of("Ana", timing=quiet)), (24, group_of("Ben")))
    ending()
    assert told() == []
    clock.move_to(NOW + 8 * HOUR)
    assert told() == ["Ana"]
    clock.move_to(NOW + 25 * HOUR)
    assert told() == []
    clock.move_to(NOW + 32 * HOUR)
    assert told() == ["Ben"]


def test_dead_first_step_does_not_hold_the_next_one_up(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana")), (24, group_of("Ben")))
    ending()
    run_scan(SYSTEM)
    held = take_lease(Delivery.objects.get().pk)
    assert held is not None
    record_failure(held, TransportError("no such mailbox", permanent=True))
    clock.move_to(NOW + 24 * HOUR)
    assert told() == ["Ben"]


def test_acknowledged_notice_is_not_escalated_but_its_end_is_told(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana")), (24, group_of("Ben")))
    ending()
    assert told() == ["Ana"]
    acknowledge(SYSTEM, [the_notice().pk], reason="ordered")
    clock.move_to(NOW + 4 * DAY + HOUR)  # the last day has begun
    assert told() == []
    clock.move_to(NOW + 5 * DAY)
    assert told() == ["Ana"]


def test_snoozed_notice_is_told_again_from_the_beginning(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana")), (24, group_of("Ben")))
    ending()
    assert told() == ["Ana"]
    acknowledge(SYSTEM, [the_notice().pk], reason="on leave", until=NOW + 2 * DAY)
    clock.move_to(NOW + 47 * HOUR)
    assert told() == []
    clock.move_to(NOW + 48 * HOUR)
    assert told() == ["Ana"]
    assert told() == []
    clock.move_to(NOW + 72 * HOUR)
    assert told() == ["Ben"]


def test_new_version_ends_a_snooze(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana")))
    certificate = ending()
    assert told() == ["Ana"]
    acknowledge(SYSTEM, [the_notice().pk], reason="later", until=NOW + 80 * DAY)
    replace(certificate, NOW + 6 * DAY)
    assert told() == ["Ana"]


def test_taken_back_acknowledgement_escalates_at_once_where_it_is_time(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana")), (24, group_of("Ben")))
    ending()
    assert told() == ["Ana"]
    acknowledge(SYSTEM, [the_notice().pk], reason="mine")
    clock.move_to(NOW + 30 * HOUR)
    assert told() == []
    withdraw_acknowledgement(SYSTEM, the_notice().pk)
    assert send() == [("Ben", "expiry")]


def test_what_was_snoozed_while_it_waited_for_the_morning_is_not_sent(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana", timing=Timing(quiet_from=dt.time(11), quiet_until=dt.time(20)))))
    ending()
    assert told() == []
    acknowledge(SYSTEM, [the_notice().pk], reason="later", until=NOW + 2 * DAY)
    clock.move_to(NOW + 8 * HOUR)
    assert told() == []
    assert Delivery.objects.get().state == Delivery.State.CANCELLED
    clock.move_to(NOW + 2 * DAY + 9 * HOUR)
    assert told() == ["Ana"]


def test_digest_collects_until_its_hour_and_leaves_out_what_is_resolved(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana", timing=Timing(pace=DAILY, digest_at=dt.time(9)))))
    first = ending()
    assert told() == []
    clock.move_to(NOW + 3 * HOUR)
    ending()
    assert told() == []
    replace(first, NOW + 90 * DAY)
    clock.move_to(NOW + 21 * HOUR)
    assert told() == ["Ana"]
    delivery = Delivery.objects.get()
    assert delivery.items.count() == 2
    assert delivery.items.filter(is_void=False).count() == 1


def test_changed_times_of_a_group_count_for_what_waits(clock: time_machine.Traveller) -> None:
    group = group_of("Ana", timing=Timing(pace=DAILY, digest_at=dt.time(9)))
    tell((0, group))
    ending()
    assert told() == []
    update_group(SYSTEM, group.pk, timing=Timing())
    assert send() == [("Ana", "expiry")]


def test_resolved_is_told_to_exactly_those_who_were_told(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana")), (24, group_of("Ben")), (72, group_of("Cem")))
    certificate = ending()
    assert told() == ["Ana"]
    clock.move_to(NOW + 24 * HOUR)
    assert told() == ["Ben"]
    replace(certificate, NOW + 90 * DAY)
    assert scan_and_send() == [("Ana", "resolved"), ("Ben", "resolved")]
    assert scan_and_send() == []


def test_who_was_told_of_an_earlier_warning_hears_that_it_is_resolved(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana")), (24, group_of("Ben")))
    certificate = make_certificate(NOW + 9 * DAY)
    assert told() == ["Ana"]
    clock.move_to(NOW + 24 * HOUR)
    assert told() == ["Ben"]
    clock.move_to(NOW + 2 * DAY)
    assert told() == ["Ana"]  # seven days are left; Ben would come a day later
    replace(certificate, NOW + 90 * DAY)
    assert scan_and_send() == [("Ana", "resolved"), ("Ben", "resolved")]


def test_resolved_waits_with_what_a_channel_holds_back(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana")))
    certificate = ending()
    run_scan(SYSTEM)
    held = take_lease(Delivery.objects.get().pk)
    assert held is not None
    replace(certificate, NOW + 90 * DAY)
    run_scan(SYSTEM)
    record_sent(held, Receipt("ok"))  # it was on its way when all was well again
    assert scan_and_send() == [("Ana", "resolved")]


def test_what_comes_back_after_resolved_is_told_again(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana")))
    certificate = ending()
    assert told() == ["Ana"]
    old = replace(certificate, NOW + 90 * DAY)
    assert scan_and_send() == [("Ana", "resolved")]
    point_at(certificate, old)
    assert scan_and_send() == [("Ana", "expiry")]
    replace(certificate, NOW + 90 * DAY)
    assert scan_and_send() == [("Ana", "resolved")]


def test_what_comes_back_before_anybody_heard_of_the_end_is_not_repeated(clock: time_machine.Traveller) -> None:
    tell((0, group_of("Ana")))
    certificate = ending()
    assert told() == ["Ana"]
    old = replace(certificate, NOW + 90 * DAY)
    run_scan(SYSTEM)
    point_at(certificate, old)
    assert scan_and_send() == []


def test_new_member_is_told_what_is_open(clock: time_machine.Traveller) -> None:
    group = group_of("Ana")
    tell((0, group))
    ending()
    assert told() == ["Ana"]
    person("Ben", group)
    assert send() == [("Ben", "expiry")]


def test_channel_outside_the_default_group_hears_nothing_by_itself(clock: time_machine.Traveller) -> None:
    ending()
    create_channel(SYSTEM, kind="email", name="apart", target="a@example.test", in_default_group=False)
    make_webhook(name="everyone's")
    assert told() == ["everyone's"]


def test_failing_channel_is_told_to_all_others_where_its_rule_tells_it_alone(clock: time_machine.Traveller) -> None:
    group = group_of("Ana")
    create_channel(SYSTEM, kind="email", name="apart", target="a@example.test", in_default_group=False)
    tell((0, group))
    ending()
    run_scan(SYSTEM)
    held = take_lease(Delivery.objects.get().pk)
    assert held is not None
    record_failure(held, TransportError("no such mailbox", permanent=True))
    assert send() == [("apart", "channel")]


def test_deleted_contact_is_told_nothing_more(clock: time_machine.Traveller) -> None:
    make_webhook(name="everyone's")
    group = group_of("Ana")
    tell((0, group))
    ending()
    run_scan(SYSTEM)
    delete_contact(SYSTEM, Contact.objects.get().pk)
    assert send() == [("everyone's", "expiry")]
