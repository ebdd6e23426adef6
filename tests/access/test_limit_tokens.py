"""What a token may do, for how long, and how often."""

import datetime as dt
import json
from io import StringIO
from typing import Any

import pytest
import redis
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from pytest_django import Settings

from access.models import ApiToken
from access.scopes import AREAS, OF_REQUESTS, SCOPES, covers, needed_scope
from access.tokens import create_token, make_token
from events.actor import COMMAND
from events.models import Change
from lbadmin.api import api

pytestmark = pytest.mark.django_db


def asked(token: str, method: str = "GET", address: str = "/certificates", body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return Client().generic(method, f"/api/v1{address}", json.dumps(body or {}), "application/json", headers=headers)


@pytest.fixture
def robot() -> User:
    return User.objects.create_superuser("robot")


def limited(robot: User, *scopes: str) -> str:
    return make_token(COMMAND, robot, scopes=scopes).token


@pytest.mark.parametrize(
    ("scopes", "needed", "is_covered"),
    [
        ([], "certificates:write", True),
        (["read"], "certificates:read", True),
        (["read"], "certificates:write", False),
        (["write"], "alerts:read", True),
        (["alerts:write"], "alerts:read", True),
        (["alerts:read"], "alerts:write", False),
        (["alerts:write"], "certificates:read", False),
    ],
)
def test_writing_includes_reading_in_the_same_area(scopes: list[str], needed: str, *, is_covered: bool) -> None:
    assert covers(scopes, needed) is is_covered


def test_every_operation_is_in_an_area() -> None:
    get_resolver()
    parts = {path.split("/")[3] for path in api.get_openapi_schema()["paths"]}
    assert parts - AREAS.keys() == {OF_REQUESTS}
    assert needed_scope("POST", "/api/v1/certificates/inspect") == "certificates:read"
    assert needed_scope("DELETE", "/api/v1/listeners/lsn-1") == "load-balancing:write"


def test_a_token_does_only_what_its_scopes_say(robot: User) -> None:
    token = limited(robot, "certificates:read")
    assert asked(token).status_code == 200
    refused = asked(token, "POST", "/certificates")
    assert (refused.status_code, refused.json()["code"]) == (403, "token.out-of-scope")
    assert "certificates:write" in refused.json()["way_out"]
    assert asked(token, "GET", "/listeners").status_code == 403
    assert Client().get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_token_without_scopes_does_what_its_user_may(robot: User) -> None:
    assert asked(create_token(robot), "GET", "/users").status_code == 200


def test_a_token_ends(robot: User) -> None:
    token = make_token(COMMAND, robot, expires_at=timezone.now() + dt.timedelta(days=1)).token
    assert asked(token).status_code == 200
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=2)):
        assert asked(token).status_code == 401


def test_a_token_makes_none_that_may_do_more_or_lasts_longer(robot: User) -> None:
    ends = timezone.now() + dt.timedelta(days=1)
    token = make_token(COMMAND, robot, scopes=["read", "system:write"], expires_at=ends).token
    for scopes in ([], ["write"], ["alerts:write"]):
        assert asked(token, "POST", "/tokens", {"scopes": scopes}).json()["code"] == "token.scope-wider"
    assert asked(token, "POST", "/access-keys").json()["code"] == "token.scope-wider"
    made = asked(token, "POST", "/tokens", {"scopes": ["alerts:read"], "name": "child"}).json()
    assert ApiToken.objects.get(name="child").expires_at == ends
    assert asked(made["token"], "GET", "/channels").status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2100-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
    ],
)
def test_a_token_that_cannot_be_is_refused(admin_client: Client, body: dict[str, Any], field: str) -> None:
    answer = admin_client.post("/api/v1/tokens", json.dumps(body), "application/json")
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert not ApiToken.objects.exists()


def test_tokens_are_listed_without_themselves_and_deleted(robot: User) -> None:
    token = create_token(robot)
    make_token(COMMAND, User.objects.create_user("other"), name="theirs")
    mine = asked(token, "GET", "/tokens").json()["items"]
    assert [row["name"] for row in mine] == ["theirs", ""]
    assert token not in json.dumps(mine)
    User.objects.filter(pk=robot.pk).update(is_superuser=False)
    own = asked(token, "GET", "/tokens").json()["items"]
    assert [row["user"] for row in own] == ["robot"]
    theirs = ApiToken.objects.get(name="theirs").pk
    assert asked(token, "DELETE", f"/tokens/{theirs}").status_code == 404
    assert asked(token, "DELETE", f"/tokens/{own[0]['id']}").status_code == 204
    assert asked(token).status_code == 401
    assert Change.objects.filter(kind="token.deleted").count() == 1


def test_the_command_makes_limited_tokens(robot: User) -> None:
    printed = StringIO()
    call_command("createtoken", "robot", "--scope", "read", "--expires", "30", stdout=printed)
    row = ApiToken.objects.get()
    assert row.scopes == ["read"]
    assert row.expires_at is not None
    assert row.expires_at - timezone.now() > dt.timedelta(days=29)
    call_command("createtoken", "robot", "--expires", "2030-01-31T12:00:00Z", stdout=StringIO())
    listed = StringIO()
    call_command("listtokens", stdout=listed)
    assert "for read" in listed.getvalue()
    assert "ends 2030-01-31 12:00 UTC" in listed.getvalue()


@pytest.mark.parametrize("arguments", [("--scope", "all"), ("--expires", "soon"), ("--expires", "9" * 20)])
def test_the_command_refuses_what_cannot_be(robot: User, arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("createtoken", "robot", *arguments, stdout=StringIO())
    assert SCOPES


def test_a_token_that_asks_too_often_is_told_when_to_ask_again(
    robot: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REST_REQUESTS_PER_MINUTE = 2
    now = 1000.0
    monkeypatch.setattr("access.request_counts.time.monotonic", lambda: now)
    token, other = create_token(robot), create_token(robot)
    answers = [asked(token) for _each in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.get("RateLimit") for answer in answers] == ['"token";r=1;t=60', '"token";r=0;t=60', None]
    assert answers[0]["RateLimit-Policy"] == '"token";q=2;w=60'
    assert (answers[2]["Retry-After"], answers[2].json()["code"]) == ("60", "request.too-many")
    assert asked(other).status_code == 200
    now += 60
    assert asked(token).status_code == 200


def test_no_limit_is_no_limit(robot: User, settings: Settings) -> None:
    settings.REST_REQUESTS_PER_MINUTE = 0
    assert "RateLimit" not in asked(create_token(robot))


def test_requests_are_counted_over_all_processes(robot: User, settings: Settings, redis_server: str) -> None:
    settings.REST_REQUESTS_PER_MINUTE = 2
    token = create_token(robot)
    assert asked(token).status_code == 200
    with redis.Redis.from_url(redis_server) as other_process:
        name = f"lbadmin:requests:token:{robot.api_tokens.get().digest}"
        other_process.incr(name)
        assert 0 < other_process.ttl(name) <= 60
    assert asked(token).status_code == 429
