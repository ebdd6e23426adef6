"""The REST resource of certificates."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from access.tokens import create_token
from certificates.models import Certificate
from tests.certificates.repository import import_leaf
from tests.certs import Issued, make_ca, make_leaf

pytestmark = pytest.mark.django_db
PATH = "/api/v1/certificates"


@pytest.fixture
def rest() -> Client:
    """Return a client with a token."""
    token = create_token(User.objects.create_user("robot"))
    return Client(headers={"Authorization": f"Bearer {token}"})


def body_of(leaf: Issued, **more: Any) -> dict[str, Any]:
    return {"certificate_pem": leaf.chain_pem.decode(), "private_key_pem": leaf.key_pem.decode(), **more}


def post(rest: Client, path: str, body: Any, **headers: str) -> Any:
    return rest.post(path, body, content_type="application/json", headers=headers)


def test_import_answers_what_was_stored(rest: Client) -> None:
    leaf = make_leaf("www.example.test")
    answer = post(rest, PATH, body_of(leaf, name="shop"))
    created = answer.json()
    assert answer.status_code == 201
    assert answer["ETag"] == '"1"'
    assert (created["name"], created["kind"], created["created_by"]) == ("shop", "server", "robot")
    assert created["current_version"]["sha256"] == leaf.sha256
    assert created["current_version"]["names"] == [{"kind": "dns", "value": "www.example.test"}]
    assert (created["warnings"], created["used_by"]) == ([], [])


def test_no_answer_holds_a_key(rest: Client) -> None:
    leaf = make_leaf()
    created = post(rest, PATH, body_of(leaf))
    path = f"{PATH}/{created.json()['id']}"
    answers = [created, rest.get(PATH), rest.get(path), rest.get(f"{path}/versions"), rest.get(f"{path}/chain.pem")]
    for answer in answers:
        assert b"PRIVATE" not in answer.content
        assert leaf.key_pem.splitlines()[1] not in answer.content


def test_the_list_is_paged_and_filtered(rest: Client) -> None:
    for number in range(3):
        import_leaf(make_leaf(f"{number}.example.test"), f"c{number}")
    post(rest, PATH, {"kind": "ca", "name": "ca", "certificate_pem": make_ca().pem.decode()})
    servers: dict[str, Any] = {"limit": 2, "kind": "server"}
    first = rest.get(PATH, servers).json()
    second = rest.get(PATH, {**servers, "cursor": first["next_cursor"]}).json()
    assert {item["name"] for item in first["items"] + second["items"]} == {"c0", "c1", "c2"}
    assert second["next_cursor"] == ""
    assert [item["name"] for item in rest.get(PATH, {"kind": "ca"}).json()["items"]] == ["ca"]
    assert [item["name"] for item in rest.get(PATH, {"q": "1.example"}).json()["items"]] == ["c1"]


def test_the_list_takes_few_queries(rest: Client, django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        import_leaf()
    with django_assert_max_num_queries(12):
        assert len(rest.get(PATH, {"q": "example"}).json()["items"]) == 5


@pytest.mark.parametrize(
    ("parameters", "status"),
    [({"limit": 0}, 422), ({"limit": 501}, 422), ({"cursor": "x"}, 422), ({"kind": "x"}, 422), ({"q": "x" * 301}, 422),
     ({"q": "a\0b"}, 200)],
)  # fmt: skip
def test_a_wrong_parameter_is_refused(rest: Client, parameters: dict[str, Any], status: int) -> None:
    assert rest.get(PATH, parameters).status_code == status


def test_replace_and_roll_back_follow_the_revision(rest: Client) -> None:
    imported = import_leaf()
    path = f"{PATH}/{imported.certificate.pk}"
    replaced = post(rest, f"{path}/replace", body_of(make_leaf()), **{"If-Match": '"1"'})
    assert (replaced.status_code, replaced["ETag"]) == (200, '"2"')
    assert replaced.json()["current_version"]["replaces"] == 1
    stale = post(rest, f"{path}/roll-back", {}, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "certificate.stale")
    back = post(rest, f"{path}/roll-back", {}, **{"If-Match": '"2"'})
    assert back.json()["current_version"]["number"] == 1
    numbers = [version["number"] for version in rest.get(f"{path}/versions").json()["items"]]
    assert numbers == [2, 1]
    assert post(rest, f"{path}/roll-back", {"version": 10**20}).status_code == 409


def test_rename(rest: Client) -> None:
    path = f"{PATH}/{import_leaf().certificate.pk}"
    answer = rest.patch(path, {"name": "new"}, content_type="application/json")
    assert (answer.json()["name"], answer["ETag"]) == ("new", '"2"')
    assert rest.get(path)["ETag"] == '"2"'


def test_delete(rest: Client) -> None:
    path = f"{PATH}/{import_leaf().certificate.pk}"
    assert rest.delete(path, headers={"If-Match": '"4"'}).status_code == 412
    assert rest.delete(path).status_code == 204
    assert rest.get(path).status_code == 404
    assert not Certificate.objects.exists()


def test_the_chain_is_downloaded_as_pem(rest: Client) -> None:
    leaf = make_leaf(issuer=make_ca("Middle", issuer=make_ca()))
    certificate = import_leaf(leaf).certificate
    answer = rest.get(f"{PATH}/{certificate.pk}/chain.pem")
    assert answer["Content-Type"] == "application/pem-certificate-chain"
    assert answer["Content-Disposition"] == 'attachment; filename="www.example.test.pem"'
    assert answer.content == leaf.chain_pem
    for number in (2, 10**30):
        assert rest.get(f"{PATH}/{certificate.pk}/chain.pem", {"version": number}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        {},
        {"certificate_pem": 5},
        {"certificate_pem": "x", "unknown": 1},
        {"certificate_pem": "x", "kind": "client"},
        '{"certificate_pem": "\\ud800"}',
        '{"certificate_pem": "x", "passphrase": "\\ud800"}',
    ],
)
def test_a_body_that_does_not_fit_is_refused(rest: Client, body: Any) -> None:
    answer = post(rest, PATH, body)
    assert answer.status_code in {400, 422}
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["way_out"]


def test_ten_megabytes_are_refused_unread(rest: Client) -> None:
    answer = post(rest, PATH, {"certificate_pem": "x" * 10_000_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too-large")
    assert answer.json()["way_out"]


def test_without_credentials_it_answers_401(client: Client) -> None:
    for answer in (client.get(PATH), client.post(PATH), client.get(f"{PATH}/x"), client.delete(f"{PATH}/x")):
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"


def test_operations_have_names_of_their_own(client: Client) -> None:
    schema = client.get("/api/v1/openapi.json").json()
    operations = {
        operation["operationId"]
        for path, methods in schema["paths"].items()
        if "/certificates" in path.partition("/api/v1")[2].rpartition("/listeners")[2]
        for operation in methods.values()
    }
    assert {"listCertificates", "importCertificate", "replaceCertificate", "rollBackCertificate"} <= operations
