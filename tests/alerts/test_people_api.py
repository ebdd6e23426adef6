"""The REST API of contacts, contact groups and acknowledgements."""

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Acknowledgement, Channel, Contact, ContactGroup
from alerts.scanning import run_scan
from events.actor import SYSTEM
from events.models import Notice
from tests.alerts.rows import DAY, make_certificate
from tests.alerts.test_alerts_api import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    return Api()


def test_every_address_wants_a_token() -> None:
    for path in ("/contacts", "/contact-groups", "/acknowledgements"):
        assert Client().get(f"/api/v1{path}").status_code == 401


def test_contact_is_created_read_changed_and_deleted(api: Api) -> None:
    group = ContactGroup.objects.get()
    body = {"name": "Ana", "email": "ana@example.test", "language": "zh-hans", "group_ids": [group.pk]}
    made = api("POST", "/contacts", body)
    assert made.status_code == 201
    contact = made.json()
    assert (contact["group_ids"], contact["language"]) == ([group.pk], "zh-hans")
    path = f"/contacts/{contact['id']}"
    assert api("GET", path).json() == contact == api("GET", "/contacts").json()["items"][0]
    assert api("PATCH", path, {"name": "Ben"}, **{"If-Match": '"7"'}).status_code == 412
    changed = api("PATCH", path, {"name": "Ben"}, **{"If-Match": made["ETag"]})
    assert (changed.json()["name"], changed["ETag"]) == ("Ben", '"2"')
    assert api("DELETE", path).status_code == 204
    assert api("GET", path).status_code == 404


def test_channel_of_a_contact_is_changed_with_the_contact_alone(api: Api) -> None:
    api("POST", "/contacts", {"name": "Ana", "email": "ana@example.test"})
    channel = Channel.objects.get()
    path = f"/channels/{channel.pk}"
    for answer in (api("DELETE", path), api("PATCH", path, {"target": "other@example.test"})):
        assert (answer.status_code, answer.json()["code"]) == (409, "channel.of-contact")
    assert api("PATCH", path, {"enabled": False}).json()["enabled"] is False


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        ({"name": "a\nb", "email": "a@example.test"}, "contact.invalid-name", 422),
        ({"name": "Ana", "email": "nobody"}, "contact.invalid-email", 422),
        ({"name": "Ana", "email": "a@example.test", "language": "xx"}, "contact.invalid-language", 422),
        ({"name": "Ana", "email": "a@example.test", "group_ids": ["grp-0"]}, "contact-group.unknown", 422),
        ({"name": "ben", "email": "a@example.test"}, "contact.duplicate-name", 409),
    ],
)
def test_contact_that_cannot_be_is_refused(api: Api, body: dict[str, object], code: str, status: int) -> None:
    api("POST", "/contacts", {"name": "Ben", "email": "ben@example.test"})
    answer = api("POST", "/contacts", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["way_out"]
    assert Contact.objects.count() == 1


def test_group_is_created_changed_and_deleted(api: Api) -> None:
    timing = {"time_zone": "Europe/Berlin", "pace": "daily", "digest_at": "09:00", "quiet_from": "22:00"}
    body = {"name": "On call", "timing": timing | {"quiet_until": "06:30"}}
    assert api("POST", "/contact-groups", body | {"timing": timing}).json()["code"] == (
        "contact-group.invalid-quiet-until"
    )
    made = api("POST", "/contact-groups", body)
    assert made.status_code == 201
    group = made.json()
    assert group["timing"]["digest_at"] == "09:00:00"
    path = f"/contact-groups/{group['id']}"
    changed = api("PATCH", path, {"name": "Night"}).json()
    assert (changed["name"], changed["timing"], changed["revision"]) == ("Night", group["timing"], 2)
    assert [each["name"] for each in api("GET", "/contact-groups").json()["items"]] == ["Everyone", "Night"]
    assert api("DELETE", path).status_code == 204
    default = ContactGroup.objects.get()
    assert api("DELETE", f"/contact-groups/{default.pk}").json()["code"] == "contact-group.default"


def test_notice_is_acknowledged_snoozed_and_taken_back(api: Api) -> None:
    make_certificate(timezone.now() + 5 * DAY, name="shop")
    run_scan(SYSTEM)
    notice = Notice.objects.get(is_open=True)
    path = f"/notices/{notice.pk}/acknowledge"
    assert api("POST", path, {"reason": ""}).json()["code"] == "notice.invalid-reason"
    made = api("POST", path, {"reason": "ordered"})
    assert (made.status_code, made.json()["by"], made.json()["until"]) == (200, "alice", None)
    until = (timezone.now() + DAY).isoformat()
    assert api("POST", path, {"reason": "later", "until": until}).json()["until"]
    assert api("POST", path, {"reason": "later", "until": "2020-01-01T00:00:00Z"}).json()["field"] == "until"
    assert [each["reason"] for each in api("GET", "/acknowledgements").json()["items"]] == ["later"]
    assert api("DELETE", f"/notices/{notice.pk}/acknowledgement").status_code == 204
    assert api("DELETE", f"/notices/{notice.pk}/acknowledgement").status_code == 404
    assert not Acknowledgement.objects.exists()
    assert api("POST", "/notices/999999999999999999999/acknowledge", {"reason": "x"}).status_code == 404
    Notice.objects.update(is_open=False)
    assert api("POST", path, {"reason": "late"}).json()["code"] == "notice.closed"
