"""Going back to what a listener was after any earlier change."""

from typing import Any

import pytest
from django.core.management import call_command

from certificates.services import delete_certificate
from console.errors import ConflictError, ForbiddenError, NotFoundError, StaleError
from events.models import Change
from listeners import services
from listeners.history import STATES_KEPT, State, differences, state_of
from listeners.limits import set_quota
from listeners.models import Binding, ForwardingRule, Listener, ListenerState
from listeners.services.forwarding_rules import RuleFields, create_rules, delete_rules, update_rules
from tests.factories import (
    OPERATOR,
    make_ca_certificate,
    make_listener,
    make_server_certificate,
    make_server_group,
)

pytestmark = pytest.mark.django_db
Role = Binding.Role


def newest_change(listener: Listener) -> int:
    return Change.objects.filter(object_id=listener.pk).order_by("-id")[0].pk


def now(listener: Listener) -> State:
    return state_of(Listener.objects.get(pk=listener.pk))


def rule(name: str, group_id: str) -> RuleFields:
    conditions: list[dict[str, Any]] = [{"type": "Path", "values": [f"/{name}/*"]}]
    forward: dict[str, Any] = {"type": "ForwardGroup", "groups": [{"server_group_id": group_id}]}
    return {"name": name, "conditions": conditions, "actions": [forward]}


def test_settings_certificates_and_rules_are_what_they_were() -> None:
    listener = make_listener(product="ALB", protocol="HTTPS", name="before")
    other_group = make_server_group(protocol="HTTP")
    create_rules(OPERATOR, listener.pk, [rule("shop", other_group.pk), rule("blog", other_group.pk)])
    extra = make_server_certificate("extra.test")
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[extra.pk])
    wanted, change = now(listener), newest_change(listener)

    services.update_listener(OPERATOR, listener.pk, name="after", idle_timeout_seconds=33, http2_enabled=False)
    services.update_listener(OPERATOR, listener.pk, server_group_id=other_group.pk)
    services.change_default_certificate(OPERATOR, listener.pk, certificate_id=make_server_certificate("b.test").pk)
    services.remove_additional_certificates(OPERATOR, listener.pk, certificate_ids=[extra.pk])
    shop, blog = ForwardingRule.objects.filter(listener=listener).order_by("priority")
    delete_rules(OPERATOR, listener.pk, [shop.pk])
    update_rules(OPERATOR, listener.pk, {blog.pk: {"name": "journal", "priority": 1}})
    assert now(listener) != wanted

    services.roll_back_listener(OPERATOR, listener.pk, change)
    assert now(listener) == wanted
    last = Change.objects.get(pk=newest_change(listener))
    assert (last.kind, last.actor_name) == ("listener.rolled_back", OPERATOR.name)
    assert "Name: after → before" in last.summary


def test_going_back_can_be_gone_back_on() -> None:
    listener = make_listener(name="first")
    first = newest_change(listener)
    services.update_listener(OPERATOR, listener.pk, name="second")
    second = newest_change(listener)
    services.roll_back_listener(OPERATOR, listener.pk, first)
    assert Listener.objects.get(pk=listener.pk).name == "first"
    services.roll_back_listener(OPERATOR, listener.pk, second)
    assert Listener.objects.get(pk=listener.pk).name == "second"


def test_a_slot_that_keeps_its_certificate_keeps_its_row() -> None:
    listener = make_listener()
    extra = make_server_certificate("extra.test")
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[extra.pk])
    change, before = newest_change(listener), {b.pk: b.role for b in listener.bindings.all()}
    services.change_default_certificate(OPERATOR, listener.pk, certificate_id=make_server_certificate("b.test").pk)
    services.roll_back_listener(OPERATOR, listener.pk, change)
    assert {b.pk: b.role for b in listener.bindings.all()} == before


def test_mutual_authentication_comes_and_goes_with_its_ca_certificate() -> None:
    listener = make_listener()
    one_way = newest_change(listener)
    authority = make_ca_certificate()
    services.set_mutual_authentication(
        OPERATOR, listener.pk, enabled=True, mode="observe", ca_certificate_id=authority.pk
    )
    mutual, wanted = newest_change(listener), now(listener)
    services.roll_back_listener(OPERATOR, listener.pk, one_way)
    assert not listener.bindings.filter(role=Role.CA).exists()
    services.roll_back_listener(OPERATOR, listener.pk, mutual)
    assert now(listener) == wanted


def test_a_stopped_listener_stays_stopped() -> None:
    listener = make_listener(name="first")
    change = newest_change(listener)
    services.update_listener(OPERATOR, listener.pk, name="second")
    services.stop_listener(OPERATOR, listener.pk)
    services.roll_back_listener(OPERATOR, listener.pk, change)
    assert Listener.objects.get(pk=listener.pk).desired == Listener.Desired.STOPPED


def test_what_is_gone_is_named_and_nothing_changes() -> None:
    listener = make_listener()
    change = newest_change(listener)
    gone = Binding.objects.get(listener=listener).certificate
    services.update_listener(OPERATOR, listener.pk, name="after")
    services.change_default_certificate(OPERATOR, listener.pk, certificate_id=make_server_certificate("b.test").pk)
    delete_certificate(OPERATOR, gone.pk)
    before = now(listener)
    with pytest.raises(NotFoundError) as caught:
        services.roll_back_listener(OPERATOR, listener.pk, change)
    assert gone.pk in str(caught.value)
    assert now(listener) == before


def test_the_state_of_now_is_refused() -> None:
    listener = make_listener()
    with pytest.raises(ConflictError) as caught:
        services.roll_back_listener(OPERATOR, listener.pk, newest_change(listener))
    assert caught.value.code == "listener.same-state"


def test_a_change_of_another_listener_is_no_state_of_this_one() -> None:
    listener, other = make_listener(), make_listener()
    with pytest.raises(NotFoundError) as caught:
        services.roll_back_listener(OPERATOR, listener.pk, newest_change(other))
    assert caught.value.code == "listener.state-not-found"


def test_the_second_of_two_operators_is_told() -> None:
    listener = make_listener()
    change = newest_change(listener)
    services.update_listener(OPERATOR, listener.pk, name="after")
    with pytest.raises(StaleError):
        services.roll_back_listener(OPERATOR, listener.pk, change, expected_revision=1)


def test_a_protected_load_balancer_is_not_gone_back_on_from_a_page() -> None:
    listener = make_listener()
    change = newest_change(listener)
    services.update_listener(OPERATOR, listener.pk, name="after")
    services.update_load_balancer(OPERATOR, listener.load_balancer_id, modification_protection=True)
    with pytest.raises((ForbiddenError, ConflictError)) as caught:
        services.roll_back_listener(OPERATOR, listener.pk, change)
    assert "protect" in caught.value.code


def test_only_the_newest_states_are_kept() -> None:
    listener = make_listener()
    for n in range(STATES_KEPT + 5):
        services.update_listener(OPERATOR, listener.pk, name=f"name-{n}")
    kept = ListenerState.objects.filter(listener=listener)
    assert kept.count() == STATES_KEPT
    assert kept.first() == kept.get(change_id=newest_change(listener))


def test_more_rules_than_are_allowed_by_now_do_not_come_back() -> None:
    listener = make_listener(product="ALB", protocol="HTTP")
    group = make_server_group(protocol="HTTP")
    rows = create_rules(OPERATOR, listener.pk, [rule("shop", group.pk), rule("blog", group.pk)])
    change = newest_change(listener)
    delete_rules(OPERATOR, listener.pk, [rows[0].pk])
    before = now(listener)
    set_quota(OPERATOR, "alb_quota_standard_loadbalancer_rules_num", 1)
    with pytest.raises(ConflictError) as caught:
        services.roll_back_listener(OPERATOR, listener.pk, change)
    assert caught.value.code == "quota.exceeded"
    assert now(listener) == before


def test_lowered_limits_do_not_stand_against_what_adds_nothing() -> None:
    listener = make_listener(product="ALB", protocol="HTTPS", name="before")
    extra = make_server_certificate("extra.test")
    create_rules(OPERATOR, listener.pk, [rule("shop", make_server_group(protocol="HTTP").pk)])
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[extra.pk])
    change, wanted = newest_change(listener), now(listener)
    services.update_listener(OPERATOR, listener.pk, name="after")
    set_quota(OPERATOR, "alb_quota_standard_loadbalancer_rules_num", 0)
    set_quota(OPERATOR, "alb_quota_standard_loadbalancer_certificates_num", 0)
    services.roll_back_listener(OPERATOR, listener.pk, change)
    assert now(listener) == wanted


def test_request_headers_that_differ_are_told_by_their_names() -> None:
    listener = make_listener(product="ALB", protocol="HTTP")
    before = now(listener)
    services.set_forwarded_headers(OPERATOR, listener.pk, port=True, trusted_sources=("192.0.2.0/24", "10.0.0.0/8"))
    (told,) = differences(before, now(listener), listener.protocol)
    assert (told.label, told.before) == ("Request headers", "")
    assert told.after == "X-Forwarded-Port: on, trusted sources: 192.0.2.0/24 10.0.0.0/8"


def test_a_listener_older_than_its_history_gets_its_first_state_when_the_upgrade_ends() -> None:
    listener = make_listener()
    wanted, change = now(listener), newest_change(listener)
    ListenerState.objects.all().delete()
    call_command("migrate", verbosity=0)
    services.update_listener(OPERATOR, listener.pk, name="after")
    services.roll_back_listener(OPERATOR, listener.pk, change)
    assert now(listener) == wanted
