"""Query parameters of the REST API: unknown ones are refused wherever they come."""

import pytest
from django.test import Client

from access.models import ApiToken
from lbadmin.api import api
from listeners.models import ServerGroup

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "field", "named"),
    [
        ("/api/v1/certificates?query=shop", "query", "q"),
        ("/api/v1/tokens?limit=5&Limit=5", "Limit", "limit"),
        ("/api/v1/counters?since=1", "since", "none"),
        ("/api/v1/listeners?q=a&q=b", "q", "once"),
        ("/api/v1/listeners?q=%FF", "q", "UTF-8"),
    ],
)
def test_a_parameter_that_is_not_taken_is_named_with_those_that_are(
    admin_client: Client, address: str, field: str, named: str
) -> None:
    answer = admin_client.get(address)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert named in answer.json()["way_out"]


def test_a_write_with_an_unknown_parameter_does_nothing(admin_client: Client) -> None:
    answer = admin_client.post("/api/v1/server-groups?dryrun=true", {"name": "a"}, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "request.parameter-unknown")
    assert not ServerGroup.objects.exists()


def test_a_name_that_stands_twice_in_a_body_is_refused(admin_client: Client) -> None:
    body = b'{"name": "one", "name": "two"}'
    assert admin_client.generic("POST", "/api/v1/server-groups", body, "application/json").status_code == 400
    assert not ServerGroup.objects.exists()


def test_a_method_that_an_address_does_not_take_is_a_problem(admin_client: Client) -> None:
    answer = admin_client.put("/api/v1/server-groups", {}, "application/json")
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert set(answer["Allow"].split(", ")) == {"GET", "POST"}
    assert answer.json()["code"] == "request.method-not-allowed"


def test_what_may_come_again_may(admin_client: Client) -> None:
    address = "/api/v1/server-groups/none/tags?key=a&key=b"
    assert admin_client.delete(address).json()["code"] == "server-group.not-found"


def test_who_is_unknown_learns_nothing_of_parameters(client: Client) -> None:
    assert client.get("/api/v1/tokens?unknown=1").status_code == 401
    assert not ApiToken.objects.exists()


def test_every_search_has_the_same_name() -> None:
    paths = api.get_openapi_schema()["paths"]
    told = [operation.get("parameters", []) for path in paths.values() for operation in path.values()]
    assert [
        name for name in ("query", "search", "keyword") if name in {each["name"] for one in told for each in one}
    ] == []
