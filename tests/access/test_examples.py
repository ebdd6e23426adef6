"""The examples of the API's description: each fits its schema, and what can be sent to an empty installation works."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client

from lbadmin.api import api
from lbadmin.examples import BODIES

# What needs nothing that is stored already, in an order in which one after the other works.
ALONE = {
    "/tokens": "TokenIn",
    "/access-keys": "AccessKeyIn",
    "/users": "UserIn",
    "/authorities": "AuthorityIn",
    "/ca-repositories": "RepositoryIn",
    "/certificate-requests": "CertificateRequestIn",
    "/load-balancers": "LoadBalancerIn",
    "/server-groups": "ServerGroupIn",
    "/security-policies": "SecurityPolicyIn",
    "/watched-addresses": "WatchedIn",
    "/contacts": "ContactIn",
    "/contact-groups": "GroupIn",
    "/channels": "ChannelIn",
    "/alert-rules": "AlertRuleIn",
    "/allowed-ranges": "RangeIn",
    "/calendar-feeds": "FeedIn",
    "/manifests/plan": "ManifestIn",
    "/manifests/apply": "ManifestIn",
}


def contents(description: Any) -> Iterator[tuple[str, Any]]:
    """Yield every body and every answer in JSON, with the operation that has it."""
    for path in description["paths"].values():
        for operation in path.values():
            answers = (answer for status, answer in operation["responses"].items() if status.startswith("2"))
            for part in (operation.get("requestBody", {}), *answers):
                if "application/json" in part.get("content", {}):
                    yield operation["operationId"], part["content"]["application/json"]


def test_every_body_and_answer_has_an_example_that_fits_its_schema() -> None:
    description = json.loads(json.dumps(api.get_openapi_schema()))
    schemas = {"components": description["components"]}
    wrong = [
        (operation, str(error)[:300])
        for operation, content in contents(description)
        for error in jsonschema_rs.iter_errors({**content["schema"], **schemas}, content["example"])
    ]
    assert wrong == []


def test_no_example_is_left_over() -> None:
    assert sorted(BODIES.keys() - api.get_openapi_schema()["components"]["schemas"].keys()) == []


@pytest.mark.django_db
def test_examples_that_need_nothing_are_accepted(admin_client: Client) -> None:
    refused = {}
    for path, name in ALONE.items():
        answer = admin_client.post(f"/api/v1{path}", json.dumps(BODIES[name]), "application/json")
        if answer.status_code not in {200, 201}:
            refused[path] = answer.text[:300]
    assert refused == {}
