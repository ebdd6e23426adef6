"""Which rule decides on what, and what becomes of the ledger when rules change."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from alerts.models import AlertRule, Delivery
from alerts.rules.deciding import Facts, Scope, deciding_rule, holds, rules_for
from alerts.rules.scopes import certificate_facts, enabled_rules, held_by, listeners_of, products_of
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from alerts.sending.outcomes import record_sent
from alerts.services.rules import create_rule, delete_rule, move_rule, update_rule
from alerts.transports.contract import Receipt
from authorities.models import Authority
from certificates.models import Certificate, CertificateTag, Kind
from console.errors import ConflictError, InvalidInputError, StaleError
from events.actor import SYSTEM
from events.models import Notice
from listeners.models import Binding, Listener
from tests.alerts.rows import DAY, NOW, add_chain_members, make_certificate, make_webhook, replace
from tests.factories import make_listener

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def ledger() -> list[tuple[str, int, str, bool]]:
    """Return (kind, threshold in hours, state, openness) of every notice, oldest first."""
    rows = Notice.objects.order_by("id").values_list("subject_kind", "threshold_hours", "state", "is_open")
    return list(rows)


def open_thresholds() -> list[int]:
    """Return the thresholds of what is open."""
    return sorted(Notice.objects.filter(is_open=True).values_list("threshold_hours", flat=True))


def make_rule(name: str = "first", **fields: Any) -> AlertRule:
    return create_rule(SYSTEM, name=name, **{"thresholds_hours": [24], **fields})


def tag(certificate: Certificate, key: str, value: str = "") -> Certificate:
    CertificateTag.objects.create(certificate=certificate, key=key, value=value)
    return certificate


def bind(certificate: Certificate) -> Listener:
    listener = make_listener()
    Binding.objects.create(listener=listener, certificate=certificate, role=Binding.Role.ADDITIONAL)
    return listener


def deliver_everything() -> None:
    for delivery in Delivery.objects.filter(state=Delivery.State.PENDING).select_related("channel"):
        record_sent(delivery, Receipt("ok"))


def test_first_rule_that_holds_decides(clock: time_machine.Traveller) -> None:
    make_rule("production", tag_key="env", tag_value="prod", thresholds_hours=[60 * 24])
    make_rule("any environment", tag_key="env", mutes=True)
    tag(make_certificate(NOW + 50 * DAY), "env", "prod")
    tag(make_certificate(NOW + DAY), "env", "test")
    make_certificate(NOW + 20 * DAY)
    run_scan(SYSTEM)
    assert sorted(open_thresholds()) == [720, 1440]


def test_scopes_say_the_same_in_python_and_in_sql() -> None:
    plain = make_certificate(NOW + 50 * DAY)
    used = tag(make_certificate(NOW + 50 * DAY, kind=Kind.CLIENT), "env", "prod")
    owned = tag(make_certificate(NOW + 50 * DAY, kind=Kind.CA), "env")
    Certificate.objects.filter(pk=owned.pk).update(owner="Alice")
    listener = bind(used)
    scopes = (
        Scope(),
        Scope(certificate_kinds=frozenset({"client", "ca"})),
        Scope(tag_key="env"),
        Scope(tag_key="env", tag_value="prod"),
        Scope(owner="Alice"),
        Scope(owner="alice"),
        Scope(product=listener.load_balancer.product),
        Scope(product="ALB"),
        Scope(listener_id=listener.pk),
        Scope(only_unused=True),
        Scope(only_unused=True, tag_key="env", owner="Alice"),
    )
    ids = [plain.pk, used.pk, owned.pk]
    known, binding = certificate_facts(ids), listeners_of(ids)
    products = products_of([listener.pk])
    for scope in scopes:
        in_python = set()
        for pk in ids:
            listeners = frozenset(binding.get(pk, ()))
            used_by = frozenset(products[each] for each in listeners)
            its = known[pk]
            facts = Facts("certificate", its.kind, its.owner, its.tags, its.is_unused, listeners, used_by)
            if holds(scope, facts):
                in_python.add(pk)
        assert in_python == set(Certificate.objects.filter(held_by(scope), pk__in=ids).values_list("pk", flat=True)), (
            scope
        )


def test_subject_without_a_certificate_is_held_by_rules_for_its_kind_alone() -> None:
    make_rule("owned", owner="Alice")
    mute = make_rule("nodes", subject_kinds=["node"], mutes=True)
    rules = enabled_rules()
    assert deciding_rule(rules, Facts("node")).id == mute.pk
    assert deciding_rule(rules, Facts("channel")).id == AlertRule.objects.get(is_default=True).pk
    assert [rule.name for rule in rules_for("node", rules)] == ["nodes"]


def test_unused_certificates_are_muted_by_a_rule(clock: time_machine.Traveller) -> None:
    make_rule("unused", only_unused=True, mutes=True)
    bind(make_certificate(NOW + DAY, name="used"))
    make_certificate(NOW + DAY, name="unused")
    run_scan(SYSTEM)
    assert [notice.subject_name for notice in Notice.objects.filter(is_open=True)] == ["used"]


def test_private_authority_is_told_a_year_before_and_not_as_a_certificate_too(clock: time_machine.Traveller) -> None:
    certificate = make_certificate(NOW + 3650 * DAY, kind=Kind.CA, name="Root")
    certificate.versions.update(not_before=NOW)
    Authority.objects.create(certificate=certificate, created_by="alice")
    told = []
    for days in (365, 180, 90, 30, 7, 1, 0):
        clock.move_to(NOW + (3650 - days) * DAY)
        run_scan(SYSTEM)
        told += [notice.threshold_hours // 24 for notice in Notice.objects.filter(is_open=True)]
    assert told == [365, 180, 90, 30, 7, 1, 0]
    assert {kind for kind, *_rest in ledger()} == {"authority"}


def test_every_member_of_a_chain_is_told_by_name(clock: time_machine.Traveller) -> None:
    certificate = make_certificate(NOW + 80 * DAY, name="shop")
    assert certificate.current_version
    add_chain_members(certificate.current_version, NOW + 3 * DAY, NOW + 20 * DAY, NOW + 60 * DAY)
    run_scan(SYSTEM)
    told = Notice.objects.filter(is_open=True).order_by("expires_at")
    assert [(notice.subject_kind, notice.generation, notice.subject_name) for notice in told] == [
        ("chain", "1", "shop: CN=Test Intermediate 0"),
        ("chain", "1.1", "shop: CN=Test Intermediate 1"),
    ]
    replace(certificate, NOW + 90 * DAY)
    run_scan(SYSTEM)
    assert open_thresholds() == []


def test_short_lived_certificate_is_told_at_fractions_of_its_life(clock: time_machine.Traveller) -> None:
    certificate = make_certificate(NOW + 6 * DAY)
    certificate.versions.update(not_before=NOW)
    told: dict[int, int] = {}
    for hours in (0, 107, 108, 125, 126, 137, 138, 143, 144):
        clock.move_to(NOW + hours * HOUR)
        run_scan(SYSTEM)
        told |= {notice.threshold_hours: hours for notice in Notice.objects.filter(created_at=NOW + hours * HOUR)}
    assert told == {36: 108, 18: 126, 6: 138, 0: 144}


def test_new_threshold_is_followed_and_a_lost_one_is_not_repeated(clock: time_machine.Traveller) -> None:
    rule = make_rule(tag_key="env", thresholds_hours=[30 * 24])
    tag(make_certificate(NOW + 5 * DAY), "env")
    run_scan(SYSTEM)
    assert open_thresholds() == [720]
    update_rule(SYSTEM, rule.pk, thresholds_hours=[720, 168])
    run_scan(SYSTEM)
    assert open_thresholds() == [168]
    update_rule(SYSTEM, rule.pk, thresholds_hours=[720])
    assert run_scan(SYSTEM).notices_made == 0
    assert open_thresholds() == [168]


def test_muted_certificate_is_told_no_more_and_nobody_hears_that_it_is_resolved(clock: time_machine.Traveller) -> None:
    make_webhook()
    tag(make_certificate(NOW + 5 * DAY), "env")
    run_scan(SYSTEM)
    deliver_everything()
    mute = make_rule(tag_key="env", mutes=True)
    assert run_scan(SYSTEM).deliveries_made == 0
    assert open_thresholds() == []
    delete_rule(SYSTEM, mute.pk)
    assert run_scan(SYSTEM).deliveries_made == 0  # what was told stays told
    assert open_thresholds() == [168]


def test_waiting_message_is_dropped_when_a_rule_mutes_what_it_tells(clock: time_machine.Traveller) -> None:
    make_webhook()
    tag(make_certificate(NOW + 5 * DAY), "env")
    run_scan(SYSTEM)
    make_rule(tag_key="env", mutes=True)
    send_due(budget_seconds=20)
    assert Delivery.objects.get().state == Delivery.State.CANCELLED
    assert ("certificate", 168, "withdrawn", False) in ledger()


def test_rule_that_is_switched_off_moved_or_deleted_hands_its_notices_on(clock: time_machine.Traveller) -> None:
    default = AlertRule.objects.get(is_default=True)
    first, second = make_rule("first", tag_key="env"), make_rule("second", tag_key="env")
    tag(make_certificate(NOW + HOUR), "env")

    def deciding() -> str:
        run_scan(SYSTEM)
        return Notice.objects.get(is_open=True).rule_id

    assert deciding() == first.pk
    move_rule(SYSTEM, second.pk, 1)
    assert deciding() == second.pk
    update_rule(SYSTEM, second.pk, enabled=False)
    assert deciding() == first.pk
    delete_rule(SYSTEM, first.pk)
    assert deciding() == default.pk


def test_notice_from_before_there_were_rules_goes_on(clock: time_machine.Traveller) -> None:
    make_webhook()
    make_certificate(NOW + 5 * DAY)
    run_scan(SYSTEM)
    deliver_everything()
    Notice.objects.update(rule_id="")
    assert run_scan(SYSTEM).deliveries_made == 0
    assert Notice.objects.get(is_open=True).rule_id == AlertRule.objects.get(is_default=True).pk


def test_nobody_is_left_alone_without_any_rule(clock: time_machine.Traveller) -> None:
    AlertRule.objects.all().delete()
    make_certificate(NOW + 5 * DAY)
    run_scan(SYSTEM)
    assert open_thresholds() == [168]


def test_default_rule_stays_whole_and_last() -> None:
    default = AlertRule.objects.get(is_default=True)
    with pytest.raises(ConflictError, match="cannot be deleted"):
        delete_rule(SYSTEM, default.pk)
    with pytest.raises(ConflictError, match="stays the last"):
        move_rule(SYSTEM, default.pk, 1)
    changes: tuple[dict[str, Any], ...] = ({"enabled": False}, {"owner": "Alice"}, {"thresholds_hours": []})
    for change in changes:
        with pytest.raises(InvalidInputError):
            update_rule(SYSTEM, default.pk, **change)
    make_rule("another")
    assert list(AlertRule.objects.values_list("position", flat=True)) == [1, 2, 3]
    assert AlertRule.objects.last() == default


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x\u202ey"},
        {"subject_kinds": ["weather"]},
        {"certificate_kinds": ["root"]},
        {"tag_value": "prod"},
        {"tag_key": "a" * 65},
        {"owner": "a\nb"},
        {"product": "XLB"},
        {"listener_id": "lsn-none"},
        {"thresholds_hours": []},
        {"thresholds_hours": [24, 24]},
        {"steps": []},
    ],
)
def test_bad_rule_is_refused_and_nothing_is_stored(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        make_rule(**fields)
    assert refusal.value.field in fields or refusal.value.field == "tag_key"
    assert AlertRule.objects.count() == 2


def test_change_of_what_somebody_else_changed_is_refused() -> None:
    rule = make_rule()
    update_rule(SYSTEM, rule.pk, expected_revision=1, name="other")
    with pytest.raises(StaleError):
        update_rule(SYSTEM, rule.pk, expected_revision=1, name="third")
    with pytest.raises(ConflictError, match="exists already"):
        make_rule("other")
