"""Creating, changing and deleting server groups."""

import pytest

from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError, StaleError
from events.models import Change
from listeners import services
from listeners.limits import (
    LOAD_BALANCER_SERVERS,
    SERVER_ADDED,
    SERVER_GROUPS,
    SERVERS,
    SERVERS_PER_OPERATION,
    set_quota,
)
from listeners.models import ServerGroup
from listeners.services import ServerSpec
from tests import factories
from tests.factories import OPERATOR, group_of

pytestmark = pytest.mark.django_db


def servers_of(group: ServerGroup) -> list[tuple[str, int, int]]:
    return list(group.servers.values_list("address", "port", "weight"))


def test_a_group_has_the_documented_defaults() -> None:
    group = services.create_server_group(OPERATOR, name="web", servers=[ServerSpec("192.0.2.1", 80)])
    group.refresh_from_db()
    assert (group.scheduler, group.protocol, group.health_check_enabled) == ("wrr", "TCP", True)
    assert (group.health_check_port, group.health_check_timeout_seconds, group.health_check_interval_seconds) == (
        0,
        5,
        5,
    )
    assert (group.healthy_threshold, group.unhealthy_threshold) == (2, 2)
    assert servers_of(group) == [("192.0.2.1", 80, 100)]


def test_the_ends_of_every_range_are_accepted() -> None:
    low = factories.make_server_group(
        scheduler="rr",
        health_check_port=0,
        health_check_timeout_seconds=1,
        health_check_interval_seconds=1,
        healthy_threshold=2,
        unhealthy_threshold=2,
        servers=[ServerSpec("192.0.2.1", 1, 0)],
    )
    high = factories.make_server_group(
        health_check_enabled=False,
        health_check_port=65_535,
        health_check_timeout_seconds=300,
        health_check_interval_seconds=50,
        healthy_threshold=10,
        unhealthy_threshold=10,
        servers=[ServerSpec("2001:db8::1", 65_535, 100)],
    )
    assert servers_of(low) == [("192.0.2.1", 1, 0)]
    assert servers_of(high) == [("2001:db8::1", 65_535, 100)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "1web"),
        ("name", "w"),
        ("name", "w" * 129),
        ("name", "we b"),
        ("scheduler", "qch"),
        ("scheduler", "uch"),
        ("scheduler", "fastest"),
        ("health_check_port", -1),
        ("health_check_port", 65_536),
        ("health_check_timeout_seconds", 0),
        ("health_check_timeout_seconds", 301),
        ("health_check_interval_seconds", 0),
        ("health_check_interval_seconds", 51),
        ("healthy_threshold", 1),
        ("healthy_threshold", 11),
        ("unhealthy_threshold", 1),
        ("unhealthy_threshold", 11),
    ],
)
def test_a_value_out_of_range_is_refused_by_field(field: str, value: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        factories.make_server_group(**{field: value})
    assert caught.value.field == field
    assert caught.value.way_out
    assert not ServerGroup.objects.exists()


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("web example.com", "web.example.com"),
        ("http://web.example.com", "without scheme"),
        ("web.example.com:80", "port has a field of its own"),
        ("-web.example.com", "web.example.com"),
        ("192.0.2.1:80", "port has a field of its own"),
        ("[2001:db8::1]", "without brackets"),
        ("192.0.2", "192.0.2.1"),
        ("192.0.2.256", "192.0.2.1"),
        ("192.0.02.1", "192.0.2.1"),
        ("", "192.0.2.1"),
        ("fe80::1%eth0", "%"),
        ("0.0.0.0", "server's own address"),
        ("::", "server's own address"),
        ("224.0.0.1", "server's own address"),
        ("255.255.255.255", "server's own address"),
        ("a\x00b", ""),
    ],
)
def test_an_address_that_is_no_servers_is_refused_with_the_way_out(address: str, word: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        factories.make_server_group(servers=[ServerSpec(address, 80)])
    assert caught.value.code == "server-group.address-invalid"
    assert caught.value.field == "servers"
    assert word in str(caught.value)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (" 192.0.2.1 ", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("Web.Example.com.", "web.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
    ],
)
def test_an_address_is_stored_in_its_one_spelling(given: str, stored: str) -> None:
    group = factories.make_server_group(servers=[ServerSpec(given, 80)])
    assert servers_of(group)[0][0] == stored


@pytest.mark.parametrize(
    "server",
    [
        ServerSpec("192.0.2.1", 0),
        ServerSpec("192.0.2.1", 65_536),
        ServerSpec("192.0.2.1", 80, 101),
        ServerSpec("192.0.2.1", 80, -1),
        ServerSpec("192.0.2.1", 80, description="x" * 257),
        ServerSpec("192.0.2.1", 80, description="a\nb"),
    ],
)
def test_a_server_out_of_range_is_refused(server: ServerSpec) -> None:
    with pytest.raises(InvalidInputError):
        factories.make_server_group(servers=[server])


def test_a_server_listed_twice_in_two_spellings_is_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        factories.make_server_group(servers=[ServerSpec("::1", 80), ServerSpec("0:0::1", 80)])
    assert caught.value.code == "server-group.server-twice"


def test_a_new_set_of_servers_keeps_the_rows_of_those_that_stay() -> None:
    group = factories.make_server_group("192.0.2.1", "192.0.2.2")
    kept = group.servers.get(address="192.0.2.2").pk
    services.update_server_group(
        OPERATOR,
        group.pk,
        expected_revision=1,
        servers=[ServerSpec("192.0.2.2", 9000, 50), ServerSpec("192.0.2.3", 9000)],
    )
    assert servers_of(group) == [("192.0.2.2", 9000, 50), ("192.0.2.3", 9000, 100)]
    assert group.servers.get(address="192.0.2.2").pk == kept
    change = Change.objects.latest("id")
    assert change.kind == "server_group.updated"
    assert set(change.detail["servers"]) == {"removed", "added", "changed"}
    group.refresh_from_db()
    assert group.revision == 2


def test_settings_change_without_touching_servers() -> None:
    group = factories.make_server_group("192.0.2.1")
    services.update_server_group(OPERATOR, group.pk, scheduler="rr")
    assert len(servers_of(group)) == 1
    changes = Change.objects.count()
    services.update_server_group(OPERATOR, group.pk, scheduler="rr", servers=[ServerSpec("192.0.2.1", 9000)])
    assert Change.objects.count() == changes


def test_an_old_revision_a_taken_name_and_an_absent_group_are_refused() -> None:
    group, other = factories.make_server_group(), factories.make_server_group()
    services.update_server_group(OPERATOR, group.pk, scheduler="rr")
    with pytest.raises(StaleError):
        services.update_server_group(OPERATOR, group.pk, scheduler="wrr", expected_revision=1)
    with pytest.raises(ConflictError):
        services.update_server_group(OPERATOR, group.pk, name=other.name)
    with pytest.raises(ConflictError):
        factories.make_server_group(name=other.name)
    with pytest.raises(NotFoundError):
        services.update_server_group(OPERATOR, "sgp-absent", scheduler="rr")


def test_a_group_in_use_is_not_deleted_and_its_users_are_named() -> None:
    listener = factories.make_listener(name="shop")
    with pytest.raises(ConflictError) as caught:
        services.delete_server_group(OPERATOR, group_of(listener).pk)
    assert caught.value.code == "server-group.in-use"
    assert "shop" in caught.value.message
    services.delete_listener(OPERATOR, listener.pk)
    services.delete_server_group(OPERATOR, group_of(listener).pk)
    assert not ServerGroup.objects.exists()


@pytest.mark.parametrize(("quota", "code"), [(SERVERS, "quota.exceeded"), (SERVERS_PER_OPERATION, "quota.exceeded")])
def test_more_servers_than_the_quota_are_refused_with_the_numbers(quota: str, code: str) -> None:
    set_quota(OPERATOR, quota, 2)
    with pytest.raises(ConflictError) as caught:
        factories.make_server_group("192.0.2.1", "192.0.2.2", "192.0.2.3")
    assert caught.value.code == code
    assert "3" in caught.value.message
    assert "2" in caught.value.message
    assert not ServerGroup.objects.exists()


def test_a_server_in_too_many_groups_is_refused() -> None:
    set_quota(OPERATOR, SERVER_ADDED, 1)
    factories.make_server_group("192.0.2.1")
    with pytest.raises(ConflictError) as caught:
        factories.make_server_group("192.0.2.1")
    assert "192.0.2.1" in caught.value.message


def test_a_group_too_many_is_refused() -> None:
    set_quota(OPERATOR, SERVER_GROUPS, 1)
    factories.make_server_group()
    with pytest.raises(ConflictError):
        factories.make_server_group()


def test_too_many_servers_behind_one_load_balancer_are_refused_from_either_side() -> None:
    listener = factories.make_listener(server_group_id=factories.make_server_group("192.0.2.1").pk)
    set_quota(OPERATOR, LOAD_BALANCER_SERVERS, 1)
    more = [ServerSpec("192.0.2.1", 9000), ServerSpec("192.0.2.2", 9000)]
    big = factories.make_server_group("192.0.2.1", "192.0.2.2")
    with pytest.raises(DomainError) as caught:
        services.update_server_group(OPERATOR, group_of(listener).pk, servers=more)
    assert caught.value.field == "servers"
    with pytest.raises(DomainError) as caught:
        services.update_listener(OPERATOR, listener.pk, server_group_id=big.pk)
    assert caught.value.field == "server_group_id"
    assert servers_of(group_of(listener)) == [("192.0.2.1", 9000, 100)]
