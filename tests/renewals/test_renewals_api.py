"""The REST API of accounts and renewals."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from access.tokens import create_token
from renewals.models import AcmeAccount, Renewal
from tests.authorities.rows import make_root
from tests.renewals.pebble import Pebble

pytestmark = pytest.mark.django_db


class Api:
    """A REST client with a token."""

    def __init__(self) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {create_token(User.objects.create_user('alice'))}"}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        text = json.dumps(body) if body is not None else ""
        headers = {**self.headers, **headers}
        return self.client.generic(method, f"/api/v1{path}", text, content_type="application/json", headers=headers)


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.mark.parametrize("path", ["/acme-accounts", "/renewals"])
def test_every_address_wants_a_token(path: str) -> None:
    assert Client().get(f"/api/v1{path}").status_code == 401


def test_account_is_registered_changed_and_deleted(api: Api, pebble: Pebble) -> None:
    body = {"name": "pebble", "directory_url": pebble.directory_url, "trusted_ca_pem": pebble.ca_pem}
    refused = api("POST", "/acme-accounts", body)
    assert (refused.status_code, refused.json()["field"]) == (422, "terms_agreed")
    answer = api("POST", "/acme-accounts", {**body, "terms_agreed": True})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["account_url"]
    path = f"/acme-accounts/{made['id']}"
    assert "PRIVATE KEY" not in api("GET", path).content.decode()
    changed = api("PATCH", path, {"contact": "ops@example.com"}, **{"If-Match": '"1"'})
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    assert api("PATCH", path, {"name": "x"}, **{"If-Match": '"1"'}).status_code == 412
    assert [row["id"] for row in api("GET", "/acme-accounts").json()["items"]] == [made["id"]]
    assert api("DELETE", path).status_code == 204
    assert not AcmeAccount.objects.exists()


def test_refusal_of_the_server_is_a_problem_with_its_type(api: Api, pebble: Pebble) -> None:
    body = {"name": "pebble", "directory_url": pebble.directory_url, "terms_agreed": True}
    answer = api("POST", "/acme-accounts", body)
    assert answer.status_code == 409
    assert answer.json()["code"] == "acme.untrusted"
    assert answer.json()["way_out"]


def test_renewal_is_requested_acted_on_and_deleted(api: Api) -> None:
    authority = make_root()
    answer = api("POST", "/renewals", {"authority_id": authority.pk, "names": ["a.intra.test"]})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["state"], made["certificate_id"], made["recent_attempts"]) == ("waiting", None, [])
    path = f"/renewals/{made['id']}"
    assert api("POST", f"{path}/pause").json()["state"] == "paused"
    assert api("POST", f"{path}/resume").json()["state"] == "waiting"
    assert api("POST", f"{path}/renew").json()["state"] == "waiting"
    assert api("PATCH", path, {"days": 30}).json()["days"] == 30
    assert api("POST", f"{path}/pause", **{"If-Match": '"1"'}).status_code == 412
    assert api("GET", "/renewals?state=waiting&q=intra").json()["items"][0]["id"] == made["id"]
    assert api("GET", "/renewals?state=paused").json()["items"] == []
    assert api("DELETE", path).status_code == 204
    assert api("GET", path).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"names": "a.test"},
        {"names": ["a.test"], "unknown": 1},
        {"names": ["a.test"], "challenge": "dns-02"},
        {"names": ["a.test"], "days": 0},
        {"names": ["a.test"]},
        {"names": ["\ud800"]},
        {"names": [""], "account_id": "x"},
    ],
)
def test_bad_request_is_refused(api: Api, body: dict[str, Any]) -> None:
    answer = api("POST", "/renewals", body)
    assert answer.status_code in {400, 404, 422}
    assert answer["Content-Type"] == "application/problem+json"
    assert not Renewal.objects.exists()
