"""The change feed by REST, and what every address of the API that is none answers."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from access.tokens import create_token
from listeners import services
from tests import factories
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db
PATH = "/api/v1/changes"


@pytest.fixture
def rest() -> Client:
    """Return a client with a token."""
    return Client(headers={"Authorization": f"Bearer {create_token(User.objects.create_user('robot'))}"})


def test_changes_say_who_did_what_newest_first(rest: Client) -> None:
    listener = factories.make_listener()
    services.stop_listener(OPERATOR, listener.pk)
    newest = rest.get(PATH, {"limit": 1}).json()
    assert newest["items"][0]["kind"] == "listener.stopped"
    assert newest["items"][0]["object_id"] == listener.pk
    assert newest["items"][0]["actor_name"] == OPERATOR.name
    assert rest.get(PATH, {"cursor": newest["next_cursor"]}).json()["items"][0]["kind"] == "listener.created"


def test_the_changes_of_one_object_are_kept(rest: Client) -> None:
    listener = factories.make_listener()
    services.stop_listener(OPERATOR, listener.pk)
    found = rest.get(PATH, {"object_type": "listener", "object_id": listener.pk}).json()["items"]
    assert [change["kind"] for change in found] == ["listener.stopped", "listener.created"]


@pytest.mark.parametrize("parameters", [{"cursor": "x"}, {"limit": 0}])
def test_a_wrong_parameter_is_refused(rest: Client, parameters: dict[str, str]) -> None:
    assert rest.get(PATH, parameters).status_code == 422


def test_a_text_that_no_column_holds_finds_nothing(rest: Client) -> None:
    assert rest.get(PATH, {"object_id": "a\0b"}).json()["items"] == []


def test_without_credentials_it_answers_401(client: Client) -> None:
    assert client.get(PATH).status_code == 401


@pytest.mark.parametrize("path", ["/api/v1/elephants", "/api/v2/certificates", "/api/"])
def test_an_address_that_is_none_is_said_as_a_problem(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "request.no-such-address"


def test_a_field_of_the_wrong_type_is_named_as_in_the_body(rest: Client) -> None:
    body = {"load_balancer_id": "x", "server_group_id": "x", "certificate_id": "x", "port": "text"}
    problem = rest.post("/api/v1/listeners", body, content_type="application/json").json()
    assert problem["field"] == "port"
