"""Listing bearer tokens, and taking one back."""

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from access.models import ApiToken
from access.tokens import create_token

pytestmark = pytest.mark.django_db


def run(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def status(client: Client, token: str) -> int:
    return client.get("/api/v1/certificates", headers={"Authorization": f"Bearer {token}"}).status_code


def test_the_list_names_every_token_and_holds_none(client: Client) -> None:
    used, unused = (create_token(User.objects.create_user(name), "deploy") for name in ("robot", "alice"))
    assert status(client, used) == 200
    first, second = run("listtokens").splitlines()
    assert first.startswith(f"{ApiToken.objects.earliest('pk').pk}  robot  made ")
    assert first.endswith(" UTC  deploy")
    assert "alice" in second
    assert "used never" in second
    assert used not in first
    assert unused not in second


def test_a_deleted_token_opens_nothing_and_the_others_still_do(client: Client) -> None:
    robot = User.objects.create_user("robot")
    lost, kept = create_token(robot, "lost"), create_token(robot, "kept")
    assert run("deletetoken", str(ApiToken.objects.get(name="lost").pk)) == "Deleted lost of robot.\n"
    assert (status(client, lost), status(client, kept)) == (401, 200)


def test_a_token_that_is_not_there_is_named(client: Client) -> None:
    with pytest.raises(CommandError, match="There is no token 7"):
        run("deletetoken", "7")
