"""Signing in and out."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from access.models import SignInFailures
from access.throttle import LIMITS, WINDOW

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def alice() -> User:
    return User.objects.create_user("alice", password=PASSWORD)


def attempt(client: Client, password: str = PASSWORD, user: str = "alice", **more: str) -> Any:
    return client.post("/sign-in/", {"username": user, "password": password, **more})


def test_the_right_password_signs_in(client: Client) -> None:
    answer = attempt(client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


def test_pages_ask_to_sign_in_first_and_come_back(client: Client) -> None:
    asked = client.get("/changes/?type=listener")
    assert asked["Location"] == "/sign-in/?next=/changes/%3Ftype%3Dlistener"
    assert 'value="/changes/?type=listener"' in client.get(asked["Location"]).content.decode()
    assert attempt(client, next="/changes/?type=listener")["Location"] == "/changes/?type=listener"


def test_nobody_is_sent_to_another_host(client: Client) -> None:
    assert attempt(client, next="https://evil.test/")["Location"] == "/"


def test_a_wrong_password_says_no_more_than_that(client: Client) -> None:
    wrong = attempt(client, "wrong")
    unknown = attempt(client, "wrong", "nobody")
    assert wrong.status_code == unknown.status_code == 422
    message = "The user name or the password is wrong."
    assert message in wrong.content.decode()
    assert message in unknown.content.decode()
    assert "wrong" not in wrong.content.decode().replace(message, "")


def test_an_inactive_user_is_not_signed_in(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert attempt(client).status_code == 422


def test_guessing_is_stopped_even_with_the_right_password(client: Client) -> None:
    for _ in range(LIMITS["pair"]):
        attempt(client, "wrong")
    answer = attempt(client)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= WINDOW.total_seconds()
    assert "Wait 15 minutes" in answer.content.decode()


def test_waiting_lets_one_try_again() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = Client()
        for _ in range(LIMITS["pair"]):
            attempt(client, "wrong")
        clock.shift(WINDOW + dt.timedelta(seconds=1))
        assert attempt(Client()).status_code == 302


def test_another_address_is_not_locked_out_with_the_guesser() -> None:
    for _ in range(LIMITS["pair"]):
        attempt(Client(REMOTE_ADDR="192.0.2.1"), "wrong")
    assert attempt(Client(REMOTE_ADDR="192.0.2.2")).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_counted_one_by_one() -> None:
    def guess(_number: int) -> int:
        try:
            return int(attempt(Client(), "wrong").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4 * LIMITS["pair"]) as pool:
        answers = list(pool.map(guess, range(4 * LIMITS["pair"])))
    assert answers.count(422) == LIMITS["pair"]
    assert answers.count(429) == 3 * LIMITS["pair"]


def test_signing_in_often_is_no_guessing(client: Client) -> None:
    for _ in range(LIMITS["user"] + 1):
        assert attempt(Client()).status_code == 302
    assert attempt(Client(REMOTE_ADDR="192.0.2.1"), "wrong").status_code == 422


def test_behind_a_proxy_a_guesser_locks_out_itself_alone(settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for number in range(LIMITS["pair"]):
        attempt(Client(headers={"X-Forwarded-For": f"203.0.113.{number}, 192.0.2.1"}), "wrong")
    assert attempt(Client(headers={"X-Forwarded-For": "192.0.2.1"})).status_code == 429
    assert attempt(Client(headers={"X-Forwarded-For": "192.0.2.2"})).status_code == 302


@pytest.mark.parametrize("header", ["203.0.113.{}", "192.0.2.1, unknown{}", ""])
def test_without_a_proxy_nobody_makes_up_an_address(header: str) -> None:
    for number in range(LIMITS["pair"]):
        attempt(Client(headers={"X-Forwarded-For": header.format(number)}), "wrong")
    assert attempt(Client(headers={"X-Forwarded-For": header.format(99)})).status_code == 429


def test_one_address_guessing_many_users_is_stopped() -> None:
    client = Client(REMOTE_ADDR="192.0.2.1")
    for number in range(LIMITS["address"]):
        attempt(client, "wrong", f"user-{number}")
    assert attempt(client, "wrong", "one-more").status_code == 429


def test_signing_in_forgets_earlier_failures(client: Client) -> None:
    for _ in range(LIMITS["pair"] - 1):
        attempt(client, "wrong")
    attempt(client)
    other = Client()
    for _ in range(LIMITS["pair"] - 1):
        assert attempt(other, "wrong").status_code == 422


def test_what_was_typed_is_not_stored(client: Client) -> None:
    attempt(client, "wrong", "my-password-in-the-wrong-field")
    assert all("password" not in row.key for row in SignInFailures.objects.all())


@pytest.mark.parametrize(
    "data", [{}, {"username": "alice"}, {"username": "\0", "password": "\0"}, {"username": "x" * 5000, "password": "y"}]
)
def test_bad_input_is_refused_and_nothing_breaks(client: Client, data: dict[str, str]) -> None:
    assert client.post("/sign-in/", data).status_code == 422


def test_a_signed_in_person_is_sent_on(client: Client) -> None:
    attempt(client)
    assert client.get("/sign-in/?next=/nodes/")["Location"] == "/nodes/"


def test_the_first_visitor_is_told_where_the_password_is(client: Client) -> None:
    assert "First time here?" in client.get("/sign-in/").content.decode()
    attempt(client)
    assert "First time here?" not in Client().get("/sign-in/").content.decode()


def test_signing_out_ends_the_session(client: Client) -> None:
    attempt(client)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/").status_code == 302


def test_other_methods_are_refused(client: Client) -> None:
    assert client.put("/sign-in/").status_code == 405
