"""Users by REST: administrators look after them."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from access.tokens import create_token

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def asked(client: Client, method: str, address: str, body: Any = None) -> Any:
    return client.generic(method, f"/api/v1/users{address}", json.dumps(body or {}), "application/json")


def test_a_user_is_created_and_signs_in(admin_client: Client) -> None:
    made = asked(admin_client, "POST", "", {"username": "bob", "password": PASSWORD})
    assert (made.status_code, made.json()["is_administrator"]) == (201, False)
    assert PASSWORD not in made.content.decode()
    assert Client().login(username="bob", password=PASSWORD)
    assert [row["username"] for row in asked(admin_client, "GET", "").json()["items"]] == ["admin", "bob"]


@pytest.mark.parametrize(
    ("body", "field", "status"),
    [
        ({"username": "admin", "password": PASSWORD}, "username", 409),
        ({"username": "", "password": PASSWORD}, "username", 422),
        ({"username": "a b", "password": PASSWORD}, "username", 422),
        ({"username": "x" * 151, "password": PASSWORD}, "username", 422),
        ({"username": "bob", "password": "12345678"}, "password", 422),
    ],
)
def test_a_user_that_cannot_be_is_refused(admin_client: Client, body: Any, field: str, status: int) -> None:
    answer = asked(admin_client, "POST", "", body)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert User.objects.count() == 1


def test_a_user_who_is_switched_off_can_use_nothing(admin_client: Client) -> None:
    bob = User.objects.create_user("bob", password=PASSWORD)
    token = create_token(bob)
    changed = asked(admin_client, "PATCH", f"/{bob.pk}", {"is_active": False})
    assert (changed.status_code, changed.json()["is_active"]) == (200, False)
    assert Client().get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_rights_and_passwords_are_changed(admin_client: Client) -> None:
    bob = User.objects.create_user("bob", password=PASSWORD)
    body = {
        "permissions": ["certificates.export_private_key"],
        "password": "another long one",
        "is_administrator": True,
    }
    assert asked(admin_client, "PATCH", f"/{bob.pk}", body).json()["permissions"] == body["permissions"]
    bob = User.objects.get(pk=bob.pk)
    assert (bob.is_superuser, bob.check_password("another long one")) == (True, True)
    assert asked(admin_client, "PATCH", f"/{bob.pk}", {"permissions": ["all"]}).status_code == 422


def test_nobody_takes_their_own_rights_away(admin_client: Client, admin_user: User) -> None:
    for body in ({"is_active": False}, {"is_administrator": False}):
        assert asked(admin_client, "PATCH", f"/{admin_user.pk}", body).json()["code"] == "user.oneself"


def test_others_see_only_themselves(client: Client) -> None:
    client.force_login(User.objects.create_user("bob"))
    assert asked(client, "GET", "/me").json()["username"] == "bob"
    for method, address in (("GET", ""), ("POST", ""), ("GET", "/1"), ("PATCH", "/1")):
        answer = asked(client, method, address, {"username": "eve", "password": PASSWORD} if method == "POST" else {})
        assert (answer.status_code, answer.json()["code"]) == (403, "user.forbidden")


def test_a_user_who_is_not_there_is_not_found(admin_client: Client) -> None:
    assert asked(admin_client, "GET", "/999999").status_code == 404
    assert asked(admin_client, "GET", f"/{2**40}").status_code == 404
