"""Tags of load balancers, listeners and server groups."""

import pytest

from console.errors import ConflictError, InvalidInputError, NotFoundError, StaleError
from events.models import Change
from listeners import selectors, services
from listeners.models import ResourceTag
from tests import factories
from tests.factories import OPERATOR
from tests.listeners.conftest import Call

pytestmark = pytest.mark.django_db


def test_tags_are_set_changed_and_removed() -> None:
    pk = factories.make_load_balancer().pk
    services.set_tags(OPERATOR, "load_balancer", pk, tags={"team": "payments", " stage ": " test "})
    after = services.set_tags(OPERATOR, "load_balancer", pk, tags={"stage": "production", "pci": ""})
    assert after == {"team": "payments", "stage": "production", "pci": ""}
    assert selectors.tags_of_one("load_balancer", pk) == after
    assert services.remove_tags(OPERATOR, "load_balancer", pk, keys=["team", "pci"]) == {"stage": "production"}
    assert services.replace_tags(OPERATOR, "load_balancer", pk, tags={"a": "b"}) == {"a": "b"}
    told = Change.objects.filter(object_id=pk, kind="load_balancer.tagged").order_by("id")
    assert [change.summary for change in told] == [
        "tags: stage=test, team=payments",
        "tags: pci, stage=production, team=payments",
        "tags removed: team, pci",
        "tags: a=b",
    ]


def test_setting_what_is_set_is_no_change() -> None:
    pk = factories.make_load_balancer(tags={"team": "payments"}).pk
    services.set_tags(OPERATOR, "load_balancer", pk, tags={"team": "payments"})
    assert not Change.objects.filter(kind="load_balancer.tagged").exists()


def test_an_object_has_at_most_twenty() -> None:
    pk = factories.make_listener(tags={f"key{number}": "" for number in range(20)}).pk
    services.set_tags(OPERATOR, "listener", pk, tags={"key1": "changed"})
    with pytest.raises(ConflictError) as caught:
        services.set_tags(OPERATOR, "listener", pk, tags={"one": "more"})
    assert (caught.value.code, caught.value.field) == ("tag.too-many", "tags")
    assert "21" in caught.value.message
    assert len(selectors.tags_of_one("listener", pk)) == 20


@pytest.mark.parametrize("key", ["", " ", "x" * 129, "a=b", "a\nb", "a\x00b", "\ud800"])
def test_a_key_that_cannot_be_one_is_refused(key: str) -> None:
    pk = factories.make_load_balancer().pk
    with pytest.raises(InvalidInputError) as caught:
        services.set_tags(OPERATOR, "load_balancer", pk, tags={"good": "", key: "x"})
    assert (caught.value.code, caught.value.field) == ("tag.key-invalid", "tags")
    assert not ResourceTag.objects.exists()


@pytest.mark.parametrize("value", ["x" * 129, "a\nb", "a\x00b"])
def test_a_value_that_cannot_be_one_is_refused(value: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        factories.make_load_balancer(tags={"key": value})
    assert caught.value.code == "tag.value-invalid"


def test_the_longest_are_taken() -> None:
    tags = {"k" * 128: "v" * 128, "团队": "支付"}
    assert selectors.tags_of_one("server_group", _tagged_group(tags)) == tags


def _tagged_group(tags: dict[str, str]) -> str:
    pk = factories.make_server_group().pk
    services.set_tags(OPERATOR, "server_group", pk, tags=tags)
    return pk


def test_removing_a_tag_that_is_not_there_removes_none() -> None:
    pk = factories.make_load_balancer(tags={"team": "payments"}).pk
    with pytest.raises(NotFoundError) as caught:
        services.remove_tags(OPERATOR, "load_balancer", pk, keys=["team", "absent"])
    assert "team" in caught.value.way_out
    assert selectors.tags_of_one("load_balancer", pk) == {"team": "payments"}


def test_tags_go_with_what_they_are_on() -> None:
    listener = factories.make_listener(tags={"a": "b"})
    other = factories.make_listener(load_balancer_id=listener.load_balancer_id, tags={"a": "b"})
    services.set_tags(OPERATOR, "load_balancer", listener.load_balancer_id, tags={"a": "b"})
    group = _tagged_group({"a": "b"})
    services.delete_listener(OPERATOR, other.pk)
    services.delete_load_balancer(OPERATOR, listener.load_balancer_id, cascade=True)
    services.delete_server_group(OPERATOR, group)
    assert not ResourceTag.objects.exists()


def test_lists_are_filtered_by_a_tag(rest: Call) -> None:
    listener = factories.make_listener(tags={"team": "payments"})
    other = factories.make_listener(tags={"team": "search"})
    services.set_tags(OPERATOR, "load_balancer", listener.load_balancer_id, tags={"team": "payments"})
    for query, found in (("team", {listener.pk, other.pk}), ("team=payments", {listener.pk}), ("team=x", set())):
        items = rest("GET", f"/listeners?tag={query}").json()["items"]
        assert {row["id"] for row in items} == found
    items = rest("GET", "/load-balancers?tag=team").json()["items"]
    assert [row["tags"] for row in items] == [{"team": "payments"}]


@pytest.mark.parametrize("collection", ["load-balancers", "listeners", "server-groups"])
def test_tags_over_rest(rest: Call, collection: str) -> None:
    listener = factories.make_listener()
    ids = {"load-balancers": listener.load_balancer_id, "listeners": listener.pk}
    path = f"/{collection}/{ids.get(collection, listener.server_group_id)}/tags"
    assert rest("GET", path).json() == {"tags": {}}
    assert rest("PUT", path, {"tags": {"a": "1", "b": "2"}}).json() == {"tags": {"a": "1", "b": "2"}}
    assert rest("PATCH", path, {"tags": {"b": "3"}}).json() == {"tags": {"a": "1", "b": "3"}}
    assert rest("DELETE", f"{path}?key=a&key=absent").status_code == 404
    assert rest("DELETE", f"{path}?key=a").json() == {"tags": {"b": "3"}}
    assert rest("PUT", path, {"tags": {"a=b": ""}}).json()["code"] == "tag.key-invalid"
    assert rest("GET", f"/{collection}/absent/tags").status_code == 404
    assert rest("PUT", f"/{collection}/absent/tags", {"tags": {}}).status_code == 404


def test_objects_are_created_with_tags_over_rest(rest: Call) -> None:
    created = rest("POST", "/load-balancers", {"name": "edge", "bind_address": "127.0.0.1", "tags": {"a": "b"}})
    assert created.json()["tags"] == {"a": "b"}


def test_tags_that_another_has_changed_meanwhile_are_not_overwritten() -> None:
    balancer = factories.make_load_balancer(tags={"team": "payments"})
    services.set_tags(OPERATOR, "load_balancer", balancer.pk, tags={"stage": "test"})
    with pytest.raises(StaleError):
        services.update_load_balancer(
            OPERATOR, balancer.pk, tags={"team": "search"}, expected_revision=balancer.revision
        )
    assert selectors.tags_of_one("load_balancer", balancer.pk) == {"team": "payments", "stage": "test"}
