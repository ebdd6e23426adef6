"""Who may ask: access keys, signatures of both kinds, clocks and nonces."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from access.access_keys import NewAccessKey, create_access_key, delete_access_key, set_access_key_enabled
from cloudapi.models import UsedNonce
from cloudapi.wire.signatures import v1_signature
from events.actor import COMMAND
from tests.cloudapi.signing import ask_v1, ask_v3, now, told, v1_parameters, v3_headers

pytestmark = pytest.mark.django_db
INCOMPLETE = (400, "IncompleteSignature")


def test_both_signatures_are_taken(client: Client, access_key: NewAccessKey) -> None:
    assert ask_v1(client, access_key).status_code == 200
    query = {"MaxResults": "5", "LoadBalancerIds.1": "a b+*~/ü"}
    assert ask_v3(client, v3_headers(access_key, query), query).status_code == 200


def test_v1_signature_covers_query_and_form(client: Client, access_key: NewAccessKey) -> None:
    parameters = v1_parameters(access_key, MaxResults="5")
    del parameters["Signature"]
    form = {"MaxResults": parameters.pop("MaxResults")}
    signature = v1_signature("POST", {**parameters, **form}, access_key.secret)
    answer = client.post("/", form, query_params={**parameters, "Signature": signature})
    assert answer.status_code == 400  # a multipart form is none of theirs
    answer = client.generic(
        "POST",
        "/",
        "MaxResults=5",
        "application/x-www-form-urlencoded",
        query_params={**parameters, "Signature": signature},
    )
    assert (answer.status_code, answer.json()["MaxResults"]) == (200, 5)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Signature": "AAAA"}, INCOMPLETE),
        ({"MaxResults": "7"}, INCOMPLETE),
        ({"AccessKeyId": "LBAKnobody"}, (400, "InvalidAccessKeyId.NotFound")),
        ({"AccessKeyId": ""}, (400, "MissingParameter")),
        ({"Signature": ""}, (400, "MissingParameter")),
        ({"Version": ""}, (400, "MissingParameter")),
        ({"Version": "1999-01-01"}, (400, "InvalidVersion")),
        ({"SignatureMethod": "HMAC-MD5"}, INCOMPLETE),
        ({"SignatureVersion": "2.0"}, INCOMPLETE),
    ],
)
def test_v1_request_that_was_changed_is_refused(
    client: Client, access_key: NewAccessKey, given: dict[str, str], expected: tuple[int, str]
) -> None:
    parameters = {**v1_parameters(access_key), **given}
    assert told(client.get("/", parameters)) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"x-acs-action": "DeleteListener"},
        {"x-acs-version": "2020-06-16"},
        {"x-acs-date": "2026-01-01T00:00:00Z"},
        {"x-acs-signature-nonce": "another"},
        {"host": "other"},
        {"authorization": "ACS3-HMAC-SHA256 nonsense"},
        {"authorization": "Bearer token"},
    ],
)
def test_v3_request_that_was_changed_is_refused(
    client: Client, access_key: NewAccessKey, change: dict[str, str], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    headers = {**v3_headers(access_key, {}), **change}
    assert told(ask_v3(client, headers, {})) == INCOMPLETE


def test_v3_signature_covers_query_and_body(client: Client, access_key: NewAccessKey) -> None:
    assert told(ask_v3(client, v3_headers(access_key, {"MaxResults": "5"}), {"MaxResults": "6"})) == INCOMPLETE
    assert told(ask_v3(client, v3_headers(access_key, {}, b"MaxResults=5"), {}, b"MaxResults=6")) == INCOMPLETE


def test_v3_signature_must_cover_the_action(client: Client, access_key: NewAccessKey) -> None:
    headers = v3_headers(access_key, {})
    headers["authorization"] = headers["authorization"].replace("x-acs-action;", "")
    assert told(ask_v3(client, headers, {})) == INCOMPLETE


def test_request_that_comes_again_is_refused(client: Client, access_key: NewAccessKey) -> None:
    parameters = v1_parameters(access_key)
    assert client.get("/", parameters).status_code == 200
    assert told(client.get("/", parameters)) == (400, "SignatureNonceUsed")
    headers = v3_headers(access_key, {})
    assert ask_v3(client, headers, {}).status_code == 200
    assert told(ask_v3(client, headers, {})) == (400, "SignatureNonceUsed")


def test_nonce_of_a_read_may_live_in_redis(client: Client, access_key: NewAccessKey, redis_server: str) -> None:
    parameters = v1_parameters(access_key)
    assert client.get("/", parameters).status_code == 200
    assert told(client.get("/", parameters)) == (400, "SignatureNonceUsed")
    assert not UsedNonce.objects.exists()


def test_nonce_of_a_write_is_a_row_although_the_write_is_refused(
    client: Client, access_key: NewAccessKey, redis_server: str
) -> None:
    given = {"Action": "DeleteListener", "ListenerId": "lsn-none"}
    parameters = v1_parameters(access_key, **given)
    assert told(client.get("/", parameters)) == (404, "ResourceNotFound.listener")
    assert UsedNonce.objects.count() == 1
    assert told(client.get("/", parameters)) == (400, "SignatureNonceUsed")


@pytest.mark.parametrize("minutes", [-16, 16])
def test_skewed_clock_is_refused(client: Client, access_key: NewAccessKey, minutes: int) -> None:
    skewed = now(dt.timedelta(minutes=minutes))
    assert told(ask_v1(client, access_key, Timestamp=skewed)) == (400, "IllegalTimestamp")
    assert told(ask_v3(client, v3_headers(access_key, {}, x_acs_date=skewed), {})) == (400, "IllegalTimestamp")


def test_clock_within_the_window_is_taken(client: Client, access_key: NewAccessKey) -> None:
    assert ask_v1(client, access_key, Timestamp=now(dt.timedelta(minutes=14))).status_code == 200


def test_time_that_is_none_is_refused(client: Client, access_key: NewAccessKey) -> None:
    assert told(ask_v1(client, access_key, Timestamp="yesterday")) == (400, "IllegalTimestamp")


def test_disabled_key_and_user_are_refused_at_once(client: Client, access_key: NewAccessKey) -> None:
    set_access_key_enabled(COMMAND, access_key.row, enabled=False)
    assert told(ask_v1(client, access_key)) == (403, "Forbidden.AccessKeyDisabled")
    set_access_key_enabled(COMMAND, access_key.row, enabled=True)
    assert ask_v1(client, access_key).status_code == 200
    access_key.row.user.is_active = False
    access_key.row.user.save()
    assert told(ask_v1(client, access_key)) == (403, "Forbidden.AccessKeyDisabled")


def test_deleted_key_is_unknown_at_once(client: Client, access_key: NewAccessKey) -> None:
    parameters = v1_parameters(access_key)
    delete_access_key(COMMAND, access_key.row)
    assert told(client.get("/", parameters)) == (400, "InvalidAccessKeyId.NotFound")


def test_use_of_a_key_is_noted(client: Client, access_key: NewAccessKey) -> None:
    ask_v1(client, access_key)
    access_key.row.refresh_from_db()
    assert access_key.row.last_used_at is not None


def test_key_that_asks_too_often_is_throttled_and_no_other(
    client: Client, access_key: NewAccessKey, admin_user: User, settings: Settings, redis_server: str
) -> None:
    settings.CLOUD_REQUESTS_PER_MINUTE = 2
    answers = [told(ask_v1(client, access_key)) for _each in range(3)]
    assert answers == [(200, ""), (200, ""), (400, "Throttling.User")]
    assert told(ask_v1(client, create_access_key(COMMAND, admin_user))) == (200, "")
    settings.CLOUD_REQUESTS_PER_MINUTE = 0
    assert told(ask_v1(client, access_key)) == (200, "")


def test_wrongly_signed_requests_use_up_nothing(client: Client, access_key: NewAccessKey, settings: Settings) -> None:
    settings.CLOUD_REQUESTS_PER_MINUTE = 1
    wrong = {**v1_parameters(access_key), "Signature": "no"}
    assert told(client.get("/", wrong)) == (400, "IncompleteSignature")
    assert told(ask_v1(client, access_key)) == (200, "")
