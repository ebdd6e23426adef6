"""Changing a listener, and two operators doing it at once."""

from typing import Any

import pytest

from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError, StaleError
from events.actor import Actor
from events.models import Change
from listeners import services
from listeners.services.forwarding_rules import create_rules
from tests import factories
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def test_a_change_counts_the_revision_and_tells_before_and_after() -> None:
    listener = factories.make_listener()
    changed = services.update_listener(OPERATOR, listener.pk, idle_timeout_seconds=60, name="shop")
    changed.refresh_from_db()
    assert (changed.idle_timeout_seconds, changed.name, changed.revision) == (60, "shop", 2)
    change = Change.objects.filter(object_id=listener.pk).latest("id")
    assert change.kind == "listener.updated"
    assert change.detail["fields"]["idle_timeout_seconds"] == [900, 60]


def test_a_save_without_a_difference_changes_nothing() -> None:
    listener = factories.make_listener()
    changes = Change.objects.count()
    assert services.update_listener(OPERATOR, listener.pk, idle_timeout_seconds=900).revision == 1
    assert Change.objects.count() == changes


def test_the_second_of_two_operators_is_told_who_was_first_and_nothing_is_lost() -> None:
    listener = factories.make_listener()
    services.update_listener(Actor("bob", "page"), listener.pk, idle_timeout_seconds=60, expected_revision=1)
    with pytest.raises(StaleError) as caught:
        services.update_listener(OPERATOR, listener.pk, name="mine", expected_revision=1)
    assert "bob" in caught.value.message
    assert "UTC" in caught.value.message
    assert "60" in caught.value.message
    listener.refresh_from_db()
    assert (listener.idle_timeout_seconds, listener.name, listener.revision) == (60, "", 2)


def test_another_server_group_is_taken() -> None:
    listener, group = factories.make_listener(), factories.make_server_group()
    services.update_listener(OPERATOR, listener.pk, server_group_id=group.pk)
    listener.refresh_from_db()
    assert listener.server_group == group


def test_an_absent_server_group_is_refused() -> None:
    listener = factories.make_listener()
    with pytest.raises(NotFoundError) as caught:
        services.update_listener(OPERATOR, listener.pk, server_group_id="absent")
    assert caught.value.field == "server_group_id"


def test_an_absent_listener_is_said() -> None:
    with pytest.raises(NotFoundError) as caught:
        services.update_listener(OPERATOR, "lsn-absent", name="shop")
    assert caught.value.code == "listener.not-found"


def test_the_port_is_for_life() -> None:
    listener = factories.make_listener()
    with pytest.raises(InvalidInputError) as caught:
        services.update_listener(OPERATOR, listener.pk, port=99)  # type: ignore[call-arg]
    assert caught.value.code == "listener.field-fixed"


def test_one_invalid_field_keeps_all_others_from_being_stored() -> None:
    listener = factories.make_listener()
    with pytest.raises(DomainError):
        services.update_listener(OPERATOR, listener.pk, name="shop", idle_timeout_seconds=5)
    listener.refresh_from_db()
    assert (listener.name, listener.revision) == ("", 1)


def test_stop_and_start_are_recorded_once() -> None:
    listener = factories.make_listener()
    services.stop_listener(OPERATOR, listener.pk)
    services.stop_listener(OPERATOR, listener.pk)
    services.start_listener(OPERATOR, listener.pk)
    kinds = list(Change.objects.filter(object_id=listener.pk).values_list("kind", flat=True))
    assert kinds == ["listener.created", "listener.stopped", "listener.started"]
    listener.refresh_from_db()
    assert (listener.desired, listener.revision) == ("running", 3)


def test_a_deleted_listener_leaves_its_certificates_and_servers() -> None:
    listener = factories.make_listener()
    certificate, group = listener.bindings.get().certificate, factories.group_of(listener)
    services.delete_listener(OPERATOR, listener.pk, expected_revision=1)
    certificate.refresh_from_db()
    group.refresh_from_db()
    assert Change.objects.filter(kind="listener.deleted", object_id=listener.pk).exists()
    with pytest.raises(NotFoundError):
        services.delete_listener(OPERATOR, listener.pk)


def test_a_deletion_from_an_old_page_is_refused() -> None:
    listener = factories.make_listener()
    services.stop_listener(OPERATOR, listener.pk)
    with pytest.raises(ConflictError):
        services.delete_listener(OPERATOR, listener.pk, expected_revision=1)


def test_http2_stays_on_while_a_rule_needs_it() -> None:
    listener, group = (
        factories.make_listener(product="ALB", protocol="HTTPS"),
        factories.make_server_group(protocol="gRPC"),
    )
    forward: dict[str, Any] = {"type": "ForwardGroup", "groups": [{"server_group_id": group.pk}]}
    conditions = [{"type": "Path", "values": ["/rpc/*"]}]
    create_rules(OPERATOR, listener.pk, [{"name": "rpc", "conditions": conditions, "actions": [forward]}])
    with pytest.raises(ConflictError) as caught:
        services.update_listener(OPERATOR, listener.pk, http2_enabled=False)
    assert (caught.value.code, caught.value.field) == ("listener.grpc-without-http2", "http2_enabled")
    listener.refresh_from_db()
    assert listener.http2_enabled


def test_headers_given_as_none_are_none_where_there_are_no_requests() -> None:
    assert factories.make_listener(protocol="TCP", forwarded_headers={}).forwarded_headers == {}
