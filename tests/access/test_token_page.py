"""The page of tokens."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from access.models import ApiToken
from access.tokens import create_token, make_token
from events.actor import COMMAND

pytestmark = pytest.mark.django_db
ADDRESS = "/tokens/"


def test_a_new_token_is_shown_once_and_works(admin_client: Client) -> None:
    made = admin_client.post(ADDRESS, {"name": "deploy", "level": "read", "areas": ["certificates"], "days": "30"})
    row = ApiToken.objects.get()
    assert row.scopes == ["certificates:read"]
    assert row.expires_at is not None
    assert row.expires_at > timezone.now() + dt.timedelta(days=29)
    token = made.content.decode().partition("lbt_")[2][:43]
    assert Client().get("/api/v1/certificates", headers={"Authorization": f"Bearer lbt_{token}"}).status_code == 200
    listed = admin_client.get(ADDRESS).content.decode()
    assert "deploy" in listed
    assert "certificates:read" in listed
    assert token not in listed
    assert "no-store" in made["Cache-Control"]


@pytest.mark.parametrize(
    ("given", "scopes"),
    [({"level": "write"}, ["write"]), ({"level": ""}, []), ({"level": "", "areas": ["alerts"]}, [])],
)
def test_scopes_follow_what_was_chosen(admin_client: Client, given: dict[str, str], scopes: list[str]) -> None:
    admin_client.post(ADDRESS, {"name": "any", "days": "", **given})
    row = ApiToken.objects.get()
    assert (row.scopes, row.expires_at) == (scopes, None)


@pytest.mark.parametrize(
    "given", [{"name": ""}, {"name": "a", "level": "all"}, {"name": "a", "areas": "x"}, {"name": "\x07a"}]
)
def test_what_cannot_be_is_refused(admin_client: Client, given: dict[str, str]) -> None:
    assert admin_client.post(ADDRESS, {"level": "read", "days": "7", **given}).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_is_deleted(admin_client: Client, admin_user: User) -> None:
    token = create_token(admin_user)
    address = f"/tokens/{ApiToken.objects.get().pk}/delete/"
    assert admin_client.get(address).status_code == 200
    assert admin_client.post(address)["Location"] == ADDRESS
    assert Client().get("/api/v1/certificates", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_others_neither_see_nor_delete_it(client: Client, admin_user: User) -> None:
    make_token(COMMAND, admin_user, name="secret-plan", expires_at=timezone.now() + dt.timedelta(days=1))
    client.force_login(User.objects.create_user("bob"))
    assert "secret-plan" not in client.get(ADDRESS).content.decode()
    assert client.post(f"/tokens/{ApiToken.objects.get().pk}/delete/").status_code == 404
    assert client.get("/tokens/99999999999999999999/delete/").status_code == 404
    assert ApiToken.objects.count() == 1
