"""The REST API of channels, deliveries, notices and scans."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from access.tokens import create_token
from alerts.models import Channel, Delivery
from tests.alerts.rows import DAY, make_certificate, make_email, make_webhook
from tests.alerts.servers import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


class Api:
    """A REST client with a token."""

    def __init__(self) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {create_token(User.objects.create_user('alice'))}"}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.generic(
            method,
            f"/api/v1{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={**self.headers, **headers},
        )


@pytest.fixture
def api() -> Api:
    return Api()


def test_every_address_wants_a_token() -> None:
    for path in ("/channels", "/deliveries", "/notices", "/scans"):
        assert Client().get(f"/api/v1{path}").status_code == 401


def test_webhook_is_created_with_a_secret_that_is_shown_once(api: Api) -> None:
    answer = api("POST", "/channels", {"kind": "webhook", "name": "pager", "target": "https://hooks.example.test/x"})
    assert answer.status_code == 201
    made = answer.json()
    assert made["secret"].startswith("whsec_")
    assert answer["ETag"] == '"1"'
    for path in ("/channels", f"/channels/{made['id']}"):
        text = api("GET", path).content.decode()
        assert made["secret"] not in text
        assert '"secret"' not in text
    assert made["secret"].encode() not in bytes(Channel.objects.get().sealed_secret or b"")


def test_rotated_secret_is_another(api: Api) -> None:
    made = api("POST", "/channels", {"kind": "webhook", "name": "pager", "target": "https://a.test/"}).json()
    answer = api("POST", f"/channels/{made['id']}/rotate-secret", **{"If-Match": '"1"'})
    assert answer.json()["secret"] not in {"", made["secret"]}
    assert answer["ETag"] == '"2"'


def test_mail_channel_has_no_secret_to_rotate(api: Api) -> None:
    answer = api("POST", f"/channels/{make_email().pk}/rotate-secret")
    assert (answer.status_code, answer.json()["code"]) == (409, "channel.no-secret")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"kind": "pigeon", "name": "a", "target": "b"}, 422, "kind"),
        ({"kind": "email", "name": "", "target": "a@example.test"}, 422, "name"),
        ({"kind": "email", "name": "\u202eb", "target": "a@example.test"}, 422, "name"),
        ({"kind": "email", "name": "a\nb", "target": "a@example.test"}, 422, "name"),
        ({"kind": "email", "name": "a", "target": "nobody"}, 422, "target"),
        ({"kind": "email", "name": "a", "target": " , "}, 422, "target"),
        ({"kind": "email", "name": "a", "target": ",".join(f"a{n}@example.test" for n in range(21))}, 422, "target"),
        ({"kind": "webhook", "name": "a", "target": "ftp://example.test/"}, 422, "target"),
        ({"kind": "webhook", "name": "a", "target": "file:///etc/passwd"}, 422, "target"),
        ({"kind": "webhook", "name": "a", "target": "https://user:secret@example.test/"}, 422, "target"),
        ({"kind": "webhook", "name": "a", "target": "https://example.test:99999/"}, 422, "target"),
        ({"kind": "webhook", "name": "a", "target": "https://exa mple.test/"}, 422, "target"),
        ({"kind": "webhook", "name": "a", "target": "https://[::1/"}, 422, "target"),
        ({"kind": "webhook", "name": "a", "target": "https:///nothing"}, 422, "target"),
        ({"kind": "email", "name": "taken", "target": "a@example.test"}, 409, "name"),
        ({"kind": "email", "name": "a", "target": "a@example.test", "colour": "red"}, 422, "colour"),
    ],
)
def test_what_cannot_be_right_is_refused_and_nothing_is_stored(
    api: Api, body: dict[str, str], status: int, field: str
) -> None:
    make_email(name="taken")
    answer = api("POST", "/channels", body)
    assert answer.status_code == status
    assert field in answer.json()["field"]
    assert answer["Content-Type"] == "application/problem+json"
    assert Channel.objects.count() == 1


def test_channel_may_bear_a_name_of_any_script_with_emoji(api: Api) -> None:
    name = "متجر Zoë 👩‍💻"
    made = api("POST", "/channels", {"kind": "email", "name": name, "target": "a@example.test"})
    assert (made.status_code, made.json()["name"]) == (201, name)


def test_save_from_an_older_revision_is_refused(api: Api) -> None:
    channel = make_email()
    assert api("PATCH", f"/channels/{channel.pk}", {"name": "first"}, **{"If-Match": '"1"'}).status_code == 200
    answer = api("PATCH", f"/channels/{channel.pk}", {"name": "second"}, **{"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (412, "channel.stale")
    assert Channel.objects.get().name == "first"


def test_channel_is_switched_off_and_deleted(api: Api) -> None:
    channel = make_email()
    assert api("PATCH", f"/channels/{channel.pk}", {"enabled": False}).json()["enabled"] is False
    assert api("DELETE", f"/channels/{channel.pk}").status_code == 204
    assert api("GET", f"/channels/{channel.pk}").status_code == 404


def test_scan_now_makes_notices_and_deliveries(api: Api) -> None:
    make_webhook("http://127.0.0.1:9/")
    make_certificate(timezone.now() + 5 * DAY, name="shop")
    answer = api("POST", "/scans")
    assert answer.status_code == 201
    scan = answer.json()
    assert (scan["notices_made"], scan["deliveries_made"], scan["requested_by"]) == (1, 1, "alice")
    assert api("GET", "/scans").json()["items"][0]["id"] == scan["id"]
    due = api("GET", "/notices?state=due").json()["items"]
    assert [(notice["subject_name"], notice["threshold_hours"]) for notice in due] == [("shop", 168)]
    (delivery,) = api("GET", "/deliveries").json()["items"]
    detail = api("GET", f"/deliveries/{delivery['id']}").json()
    assert detail["state"] == "pending"
    assert [notice["subject_name"] for notice in detail["notices"]] == ["shop"]
    assert detail["channel_name"] == delivery["channel_name"]


def test_test_of_a_channel_answers_with_its_result(api: Api, receiver: Receiver) -> None:
    answer = api("POST", f"/channels/{make_webhook(receiver.url).pk}/test")
    assert (answer.json()["state"], answer.json()["last_answer"]) == ("sent", "HTTP 204")
    assert receiver.ids == [answer.json()["id"]]


def test_message_on_its_way_cannot_be_sent_again(api: Api) -> None:
    make_webhook("http://127.0.0.1:9/")
    make_certificate(timezone.now() + 5 * DAY)
    api("POST", "/scans")
    answer = api("POST", f"/deliveries/{Delivery.objects.get().key}/resend")
    assert (answer.status_code, answer.json()["code"]) == (409, "delivery.in-progress")


@pytest.mark.parametrize("path", ["/channels/chn-x", "/deliveries/0d9f1a52-8f1c-4f0e-9d5b-0c6f5b0a7e11"])
def test_absent_object_is_not_found(api: Api, path: str) -> None:
    assert api("GET", path).status_code == 404


@pytest.mark.parametrize("query", ["state=odd", "cursor=odd", "limit=501"])
def test_bad_query_is_refused(api: Api, query: str) -> None:
    assert api("GET", f"/deliveries?{query}").status_code == 422
