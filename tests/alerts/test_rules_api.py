"""The REST API of alert rules and time travel."""

from typing import Any

import pytest
import time_machine

from alerts.models import AlertRule, ContactGroup
from events.models import Change
from tests.alerts.rows import DAY, NOW, make_certificate, make_webhook
from tests.alerts.test_alerts_api import Api

pytestmark = pytest.mark.django_db
NAME = {"name": "shop"}


@pytest.fixture
def api() -> Api:
    return Api()


def create(api: Api, **fields: Any) -> Any:
    return api("POST", "/alert-rules", {**NAME, **fields})


def test_rule_is_created_with_what_its_scope_asks_for(api: Api) -> None:
    group = ContactGroup.objects.get(is_default=True)
    answer = create(
        api,
        certificate_kinds=["server"],
        tag_key="env",
        tag_value="prod",
        product="NLB",
        thresholds_hours=[24, 720],
        steps=[{"group_id": group.pk}, {"to_owner": True, "after_hours": 4}],
    )
    assert answer.status_code == 201
    assert answer["ETag"] == '"1"'
    made = answer.json()
    assert (made["position"], made["thresholds_hours"], made["mutes"]) == (2, [720, 24], False)
    assert [(step["after_hours"], step["to_owner"]) for step in made["steps"]] == [(0, False), (4, True)]
    listed = api("GET", "/alert-rules").json()["items"]
    assert [rule["name"] for rule in listed] == ["Private authorities", "shop", "Everything else"]
    assert Change.objects.last().kind == "alert-rule.created"  # type: ignore[union-attr]


def test_rule_without_steps_tells_the_default_group(api: Api) -> None:
    assert [step["group_id"] for step in create(api).json()["steps"]] == [ContactGroup.objects.get(is_default=True).pk]


def test_rule_may_follow_an_owner_whose_name_has_emoji(api: Api) -> None:
    made = api("POST", "/alert-rules", {"name": "Zoë's", "owner": "Zoë 👩‍💻"})
    assert (made.status_code, made.json()["owner"]) == (201, "Zoë 👩‍💻")
    assert api("POST", "/alert-rules", {"name": "turned", "owner": "\u202eeoZ"}).status_code == 422


@pytest.mark.parametrize(
    "fields",
    [
        {"thresholds_hours": []},
        {"thresholds_hours": [-1]},
        {"thresholds_hours": [240_001]},
        {"thresholds_hours": [24, 24]},
        {"thresholds_hours": ["1d"]},
        {"thresholds_hours": [True]},
        {"thresholds_hours": [1.5]},
        {"subject_kinds": ["weather"]},
        {"certificate_kinds": ["root"]},
        {"product": "nlb"},
        {"listener_id": "lsn-none"},
        {"tag_value": "prod"},
        {"name": "\u202e"},
        {"name": ""},
        {"steps": []},
        {"steps": [{"after_hours": 4, "to_owner": True}]},
        {"steps": [{"group_id": "grp-none"}]},
        {"steps": [{"to_owner": True}, {"to_owner": True}]},
        {"steps": [{}]},
        {"colour": "red"},
    ],
)
def test_bad_rule_is_refused(api: Api, fields: dict[str, Any]) -> None:
    answer = create(api, **fields)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert AlertRule.objects.count() == 2


def test_change_names_the_revision_it_was_made_from(api: Api) -> None:
    path = f"/alert-rules/{create(api).json()['id']}"
    changed = api("PATCH", path, {"thresholds_hours": [12]}, **{"If-Match": '"1"'})
    assert (changed.status_code, changed["ETag"], changed.json()["thresholds_hours"]) == (200, '"2"', [12])
    assert api("PATCH", path, {"mutes": True}, **{"If-Match": '"1"'}).status_code == 412
    assert api("PATCH", path, {"mutes": True}).json()["revision"] == 3
    assert api("POST", f"{path}/move", {"position": 1}, **{"If-Match": '"1"'}).status_code == 412
    assert api("DELETE", path, **{"If-Match": '"1"'}).status_code == 412


def test_rule_is_moved_and_deleted(api: Api) -> None:
    path = f"/alert-rules/{create(api).json()['id']}"
    assert api("POST", f"{path}/move", {"position": 1}).json()["position"] == 1
    assert AlertRule.objects.get(name="Private authorities").position == 2
    for position in (0, 3, -1):
        assert api("POST", f"{path}/move", {"position": position}).status_code == 422
    assert api("DELETE", path).status_code == 204
    assert api("GET", path).status_code == 404
    assert list(AlertRule.objects.values_list("position", flat=True)) == [1, 2]


def test_default_rule_is_kept(api: Api) -> None:
    path = f"/alert-rules/{AlertRule.objects.get(is_default=True).pk}"
    assert api("DELETE", path).status_code == 409
    assert api("POST", f"{path}/move", {"position": 1}).status_code == 409
    assert api("PATCH", path, {"enabled": False}).status_code == 422
    assert api("PATCH", path, {"thresholds_hours": [48, 0]}).status_code == 200


def test_preview_says_what_a_rule_holds_and_tells_next(api: Api, clock: time_machine.Traveller) -> None:
    make_certificate(NOW + 40 * DAY, name="shop")
    make_certificate(NOW + 5 * DAY, name="blog")
    rule = create(api, certificate_kinds=["server"]).json()["id"]
    held = api("GET", f"/alert-rules/{rule}/held").json()
    assert held["total"] == 2
    assert [(item["name"], item["next_threshold_hours"], item["next_at"][:10]) for item in held["items"]] == [
        ("blog", 24, "2026-06-05"),
        ("shop", 720, "2026-06-11"),
    ]
    default = AlertRule.objects.get(is_default=True).pk
    assert api("GET", f"/alert-rules/{default}/held").json()["total"] == 0
    assert api("GET", "/alert-rules/arl-none/held").status_code == 404


def test_forecast_says_what_goes_out_and_to_whom(api: Api, clock: time_machine.Traveller) -> None:
    channel = make_webhook(name="pager")
    make_certificate(NOW + 40 * DAY, name="shop")
    answer = api("GET", "/alert-forecast?ends_at=2026-06-20T00:00:00Z").json()
    (message,) = answer["messages"]
    assert (message["at"], message["channel_id"], message["group_name"], message["total"]) == (
        "2026-06-11T12:00:00Z",
        channel.pk,
        "Everyone",
        1,
    )
    assert message["items"][0]["threshold_hours"] == 720
    for query in ("", "?ends_at=tomorrow", "?ends_at=2026-06-20T00:00:00", "?ends_at=2026-05-01T00:00:00Z"):
        assert api("GET", f"/alert-forecast{query}").status_code == 422
