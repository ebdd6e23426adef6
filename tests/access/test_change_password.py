"""Changing the own password."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from access.throttle import LIMITS

pytestmark = pytest.mark.django_db
OLD, NEW = "correct horse battery", "staple mountain river"


@pytest.fixture
def alice(client: Client) -> User:
    user = User.objects.create_user("alice", password=OLD)
    client.force_login(user)
    return user


def change(client: Client, old: str = OLD, new: str = NEW, again: str = NEW) -> Any:
    return client.post("/password/", {"old_password": old, "new_password1": new, "new_password2": again})


def test_the_password_is_changed_and_the_session_stays(client: Client, alice: User) -> None:
    assert change(client).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert client.get("/password/").status_code == 200


def test_other_sessions_end(client: Client, alice: User) -> None:
    other = Client()
    other.force_login(alice)
    change(client)
    assert other.get("/").status_code == 302


@pytest.mark.parametrize(
    ("passwords", "message"),
    [
        (("wrong", NEW, NEW), "This is not your password"),
        ((OLD, NEW, "other mountain river"), "match"),
        ((OLD, "brief", "brief"), "too short"),
        ((OLD, NEW, ""), "required"),
    ],
)
def test_a_bad_change_says_why_and_changes_nothing(
    client: Client, alice: User, passwords: tuple[str, str, str], message: str
) -> None:
    answer = change(client, *passwords)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert passwords[1] not in answer.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(OLD)


def test_guesses_of_the_old_password_are_stopped(client: Client, alice: User) -> None:
    for number in range(LIMITS["pair"]):
        assert "not your password" in change(client, f"guess {number}").content.decode()
    answer = change(client)
    assert answer.status_code == 422
    assert "Too many attempts failed" in answer.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(OLD)


def test_signed_out_one_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/password/")["Location"] == "/sign-in/?next=/password/"


def test_other_methods_are_refused(client: Client, alice: User) -> None:
    assert client.delete("/password/").status_code == 405
