"""Inspecting and importing files by REST."""

import base64
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from access.tokens import create_token
from certificates.models import Certificate, Drop
from tests.certificates.drops import pfx
from tests.certificates.repository import import_leaf
from tests.certs import make_ca, make_leaf, rsa_key

pytestmark = pytest.mark.django_db
PATH = "/api/v1/certificates"
ROOT = make_ca("Root")


@pytest.fixture
def rest() -> Client:
    """Return a client with a token."""
    token = create_token(User.objects.create_user("robot"))
    return Client(headers={"Authorization": f"Bearer {token}"})


def post(rest: Client, verb: str, body: Any) -> Any:
    return rest.post(f"{PATH}/{verb}", body, content_type="application/json")


def files(*contents: bytes) -> list[dict[str, str]]:
    encoded = [base64.b64encode(content).decode() for content in contents]
    return [{"name": f"file{number}", "content_base64": content} for number, content in enumerate(encoded)]


def test_a_plan_tells_everything_and_stores_nothing(rest: Client) -> None:
    middle = make_ca("Middle", issuer=ROOT)
    leaf = make_leaf("a.test", issuer=middle, key=rsa_key())
    stored = import_leaf(make_leaf("stored.test"))
    body = {"files": files(pfx(leaf, "secret", middle.certificate), b"noise"), "passphrases": ["no", "secret"]}
    answer = post(rest, "inspect", {**body, "text": stored.version.leaf_pem})
    assert answer.status_code == 200
    first, second = answer.json()["items"]
    assert (first["id"], first["name"], first["kind"], first["has_key"], first["chosen"]) == (
        leaf.sha256, "a.test", "server", True, True,
    )  # fmt: skip
    assert [link["sha256"] for link in first["chain"]] == [middle.sha256]
    assert (second["stored_as"], second["chosen"]) == (stored.certificate.pk, False)
    assert [(each["code"], each["file"]) for each in answer.json()["left_out"]] == [("input.not-pem", "file1")]
    assert b"PRIVATE" not in answer.content
    assert Certificate.objects.count() == 1
    assert not Drop.objects.exists()


def test_everything_that_is_new_is_imported_at_once(rest: Client) -> None:
    leaves = [make_leaf(f"{name}.test", issuer=ROOT) for name in "abc"]
    answer = post(rest, "import", {"files": files(*[leaf.pem + leaf.key_pem for leaf in leaves])})
    assert answer.status_code == 201
    assert [item["name"] for item in answer.json()["items"]] == ["a.test", "b.test", "c.test"]
    assert b"PRIVATE" not in answer.content
    again = post(rest, "import", {"files": files(leaves[0].pem)})
    assert (again.status_code, again.json()["code"]) == (422, "drop.nothing-chosen")


def test_what_is_named_is_imported_under_its_name_or_nothing(rest: Client) -> None:
    leaves = [make_leaf(f"{name}.test") for name in "ab"]
    given = files(*[leaf.pem + leaf.key_pem for leaf in leaves])
    twice = [{"id": leaf.sha256, "name": "same"} for leaf in leaves]
    refused = post(rest, "import", {"files": given, "items": twice})
    assert (refused.status_code, refused.json()["code"]) == (409, "certificate.name-taken")
    assert not Certificate.objects.exists()
    answer = post(rest, "import", {"files": given, "items": twice[:1]})
    assert [item["name"] for item in answer.json()["items"]] == ["same"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "drop.empty"),
        ({"text": "  "}, "drop.empty"),
        ({"files": [{"content_base64": "?"}]}, "drop.base64"),
        ({"files": [{"content_base64": "ä"}]}, "drop.base64"),
        ({"files": [{"name": "x"}]}, "request.invalid"),
        ({"files": [{"content_base64": "", "key": "x"}]}, "request.invalid"),
        ({"passphrases": ["x"] * 6}, "request.invalid"),
        ({"text": "x", "items": [{"id": "f" * 64}]}, "drop.unknown-item"),
    ],
)
def test_a_body_that_does_not_fit_is_refused(rest: Client, body: dict[str, Any], code: str) -> None:
    answer = post(rest, "import", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_without_credentials_it_answers_401(client: Client) -> None:
    for verb in ("inspect", "import"):
        assert client.post(f"{PATH}/{verb}").status_code == 401


def test_operations_have_names_of_their_own(client: Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert paths[f"{PATH}/inspect"]["post"]["operationId"] == "inspectCertificates"
    assert paths[f"{PATH}/import"]["post"]["operationId"] == "importCertificates"
