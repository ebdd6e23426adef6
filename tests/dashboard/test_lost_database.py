"""What is answered while the database is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client

from access.tokens import create_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Client:
    """A signed-in browser that is answered as a real one, errors included."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_user("alice"))
    return client


@contextmanager
def database_away() -> Iterator[None]:
    def refuse(*_arguments: Any) -> None:
        raise OperationalError("the connection is closed: password=secret")

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.parametrize("address", ["/", "/certificates/", "/sign-in/", "/alerts/channels/"])
def test_a_page_says_that_the_database_does_not_answer(visitor: Client, address: str) -> None:
    with database_away():
        answer = visitor.get(address)
    assert answer.status_code == 503
    assert "The database does not answer" in answer.content.decode()
    assert "secret" not in answer.content.decode()
    assert "Content-Security-Policy" in answer.headers


def test_a_rest_client_is_told_so_in_json() -> None:
    token = create_token(User.objects.create_user("bob"))
    with database_away():
        answer = Client(raise_request_exception=False).get(
            "/api/v1/certificates", headers={"Authorization": f"Bearer {token}"}
        )
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["code"] == "database.unavailable"


@pytest.mark.usefixtures("redis_server")
def test_health_is_answered_to_a_signed_in_browser_too(visitor: Client) -> None:
    with database_away():
        assert visitor.get("/healthz").status_code == 200
        answer = visitor.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "unreachable"


def test_another_error_is_no_matter_of_the_database(visitor: Client) -> None:
    def break_down(*_arguments: Any) -> None:
        raise ZeroDivisionError

    with connection.execute_wrapper(break_down):
        page, rest = visitor.get("/"), visitor.get("/api/v1/certificates")
    assert page.status_code == rest.status_code == 500
    assert "Something broke" in page.content.decode()
    assert rest.json()["code"] == "server.error"
