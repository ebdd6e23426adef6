"""Load balancers and server groups over REST."""

from typing import Any

import pytest

from listeners.models import LoadBalancer, ServerGroup
from tests import factories
from tests.listeners.conftest import Call

pytestmark = pytest.mark.django_db


def test_a_load_balancer_is_created_shown_changed_and_deleted(rest: Call) -> None:
    created = rest("POST", "/load-balancers", {"name": "edge", "bind_address": "0.0.0.0"})
    assert created.status_code == 201
    path = f"/load-balancers/{created.json()['id']}"
    assert (created.json()["product"], created.json()["listener_count"]) == ("NLB", 0)
    changed = rest("PATCH", path, {"name": "rim"}, If_Match=created["ETag"])
    assert changed.json()["name"] == "rim"
    assert rest("PATCH", path, {"name": "mine"}, If_Match=created["ETag"]).status_code == 412
    assert rest("DELETE", path, If_Match=created["ETag"]).status_code == 412
    assert rest("DELETE", path, If_Match=changed["ETag"]).status_code == 204
    assert rest("GET", path).status_code == 404


def test_deleting_one_with_listeners_is_previewed_refused_and_cascaded(rest: Call) -> None:
    listener = factories.make_listener(name="shop")
    path = f"/load-balancers/{listener.load_balancer_id}"
    preview = rest("GET", f"{path}/deletion").json()
    assert [usage["object_id"] for usage in preview["deletes"]] == [listener.pk]
    assert rest("DELETE", path).status_code == 409
    assert rest("DELETE", f"{path}?cascade=true").status_code == 204
    assert not LoadBalancer.objects.exists()


def test_quota_usage_is_told(rest: Call) -> None:
    certificate = factories.make_server_certificate()
    listener = factories.make_listener(additional_certificate_ids=[certificate.pk])
    usage = rest("GET", f"/load-balancers/{listener.load_balancer_id}/quotas").json()["items"]
    assert {row["name"]: (row["used"], row["limit"]) for row in usage} == {
        "nlb_quota_loadbalancer_certificates_num": (1, 25),
        "nlb_quota_loadbalancer_listeners_num": (1, 50),
        "nlb_quota_loadbalancer_noeci_servers_num": (1, 400),
    }


def test_lists_are_searched(rest: Call) -> None:
    edge = factories.make_load_balancer(name="edge", bind_address="127.0.0.9", region="eu-central-1")
    factories.make_load_balancer()
    for query in ("q=EDG", f"q={edge.pk}", "q=127.0.0.9", "region=eu-central-1"):
        assert [row["id"] for row in rest("GET", f"/load-balancers?{query}").json()["items"]] == [edge.pk]
    group = factories.make_server_group("192.0.2.77")
    factories.make_server_group()
    for query in (group.name, group.pk, "192.0.2.7"):
        assert [row["id"] for row in rest("GET", f"/server-groups?q={query}").json()["items"]] == [group.pk]
    assert rest("GET", "/server-groups?q=%00").status_code == 200
    assert rest("GET", "/load-balancers?q=%00&region=%00").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"), [("name", 5), ("bind_address", "localhost"), ("region", "X Y"), ("colour", "red")]
)
def test_bad_input_for_a_load_balancer_names_the_field(rest: Call, field: str, value: object) -> None:
    answer = rest("POST", "/load-balancers", {"name": "edge", "bind_address": "127.0.0.1", field: value})
    assert answer.status_code == 422
    assert field in answer.json()["field"]


def test_a_server_group_is_created_shown_changed_and_deleted(rest: Call) -> None:
    servers = [{"address": "192.0.2.1", "port": 80, "weight": 50}]
    created = rest("POST", "/server-groups", {"name": "web", "servers": servers})
    assert created.status_code == 201
    path = f"/server-groups/{created.json()['id']}"
    assert created.json()["servers"][0]["weight"] == 50
    changed = rest("PATCH", path, {"scheduler": "rr"}, If_Match=created["ETag"])
    assert (changed.json()["scheduler"], len(changed.json()["servers"])) == ("rr", 1)
    emptied = rest("PATCH", path, {"servers": []})
    assert emptied.json()["servers"] == []
    assert emptied.json()["healthy_threshold"] == 2
    assert rest("GET", f"{path}/deletion").json()["blocked_by"] == []
    assert rest("DELETE", path).status_code == 204
    assert not ServerGroup.objects.exists()


def test_a_group_in_use_tells_who_refuses_its_deletion(rest: Call) -> None:
    listener = factories.make_listener(name="shop")
    path = f"/server-groups/{listener.server_group_id}"
    assert [usage["object_id"] for usage in rest("GET", f"{path}/deletion").json()["blocked_by"]] == [listener.pk]
    assert rest("DELETE", path).status_code == 409


@pytest.mark.parametrize(
    "server",
    [
        {"address": "web example.com", "port": 80},
        {"address": "192.0.2.1", "port": 0},
        {"address": "192.0.2.1", "port": "80"},
        {"address": "192.0.2.1", "port": 80, "weight": 101},
        {"address": "192.0.2.1"},
        {"address": "192.0.2.1", "port": 80, "colour": "red"},
        {"address": "", "port": 80},
    ],
)
def test_bad_servers_are_problems(rest: Call, server: dict[str, Any]) -> None:
    answer = rest("POST", "/server-groups", {"name": "web", "servers": [server]})
    assert answer.status_code == 422
    assert "servers" in answer.json()["field"]
    assert not ServerGroup.objects.exists()
