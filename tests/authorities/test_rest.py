"""Authorities, repositories and requests by REST."""

from http import HTTPStatus
from typing import Any

import pytest
from cryptography import x509
from django.test import Client

from authorities.models import Authority, Repository
from tests.authorities.rows import issue_client, make_root
from tests.certs import make_ca, make_leaf

pytestmark = pytest.mark.django_db
BASE = "/api/v1"


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(f"{BASE}{path}", body, content_type="application/json", headers=headers or None)


def test_an_authority_is_created_read_changed_and_deleted(admin_client: Client) -> None:
    body = {"subject": {"common_name": "Root"}, "path_length": 1, "permitted_names": ["example.test"]}
    made = post(admin_client, "/authorities", body)
    assert made.status_code == HTTPStatus.CREATED, made.content
    authority = made.json()
    assert (authority["name"], authority["revision"], made["ETag"]) == ("Root", 1, '"1"')
    assert authority["crl_url"].endswith(f"/pki/{authority['id']}.crl")
    assert authority["revocation_list"]["entries"] == 0
    address = f"{BASE}/authorities/{authority['id']}"
    changed = admin_client.patch(
        address, {"crl_hours": 24}, content_type="application/json", headers={"If-Match": '"1"'}
    )
    assert (changed.json()["crl_hours"], changed["ETag"]) == (24, '"2"')
    stale = admin_client.delete(address, headers={"If-Match": '"1"'})
    assert stale.status_code == HTTPStatus.PRECONDITION_FAILED
    assert admin_client.delete(address, headers={"If-Match": '"2"'}).status_code == HTTPStatus.NO_CONTENT
    assert admin_client.get(f"{BASE}/authorities").json()["items"] == []


def test_certificates_are_issued_listed_and_revoked(admin_client: Client) -> None:
    authority = make_root()
    path = f"/authorities/{authority.pk}/certificates"
    issued = post(admin_client, path, {"names": ["a.test"], "name": "shop"})
    assert issued.status_code == HTTPStatus.CREATED, issued.content
    assert "PRIVATE KEY" not in issued.content.decode()
    serial = issued.json()["current_version"]["serial"]
    (row,) = admin_client.get(f"{BASE}{path}?q=a.test&state=valid").json()["items"]
    assert (row["serial"], row["certificate_id"]) == (serial, issued.json()["id"])
    revoked = post(admin_client, f"{path}/{serial}/revoke", {"reason": "key_compromise"})
    assert (revoked.status_code, revoked.json()["reason"]) == (HTTPStatus.OK, "key_compromise")
    again = post(admin_client, f"{path}/{serial}/revoke", {"reason": "key_compromise"})
    assert again.status_code == HTTPStatus.CONFLICT
    assert admin_client.get(f"{BASE}{path}/{serial}").json()["revoked_at"]


def test_a_table_is_issued_at_once(admin_client: Client) -> None:
    authority = make_root()
    path = f"/authorities/{authority.pk}/certificates/bulk"
    answer = post(admin_client, path, {"table": "common_name\nalice\nbob\n"})
    assert [each["kind"] for each in answer.json()["items"]] == ["client", "client"]
    wrong = post(admin_client, path, {"table": "common_name,days\ncarol,0\n"})
    assert (wrong.status_code, wrong.json()["field"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "table")
    assert wrong.json()["detail"].startswith("Line 2, days:")


def test_a_list_is_published_on_demand(admin_client: Client) -> None:
    authority = make_root()
    answer = post(admin_client, f"/authorities/{authority.pk}/publish", {})
    assert answer.json()["revocation_list"]["number"] == 2


def test_a_repository_is_created_filled_and_deleted(admin_client: Client) -> None:
    made = post(admin_client, "/ca-repositories", {"name": "Partners"})
    assert (made.status_code, made["ETag"]) == (HTTPStatus.CREATED, '"1"')
    repository = made.json()
    path = f"/ca-repositories/{repository['id']}"
    uploaded = post(admin_client, f"{path}/certificates", {"certificate_pem": make_ca("Partner").pem.decode()})
    assert uploaded.status_code == HTTPStatus.CREATED, uploaded.content
    certificate = uploaded.json()["id"]
    (listed,) = admin_client.get(f"{BASE}{path}/certificates").json()["items"]
    assert listed["id"] == certificate
    assert admin_client.get(f"{BASE}/ca-repositories").json()["items"][0]["certificate_count"] == 1
    member = f"{BASE}{path}/certificates/{certificate}"
    assert admin_client.delete(member).status_code == HTTPStatus.NO_CONTENT
    assert admin_client.put(member, content_type="application/json").json()["certificate_count"] == 1
    renamed = admin_client.put(f"{BASE}{path}", {"name": "Suppliers"}, content_type="application/json")
    assert renamed.json()["name"] == "Suppliers"
    assert admin_client.delete(f"{BASE}{path}").status_code == HTTPStatus.NO_CONTENT
    assert not Repository.objects.exists()


def test_a_request_is_made_read_completed_and_deleted(admin_client: Client) -> None:
    made = post(admin_client, "/certificate-requests", {"names": ["a.test"], "key_type": "P-384"})
    assert made.status_code == HTTPStatus.CREATED, made.content
    assert "PRIVATE KEY" not in made.content.decode()
    row = made.json()
    assert x509.load_pem_x509_csr(row["csr_pem"].encode()).is_signature_valid
    authority = make_root()
    order = {"csr_pem": row["csr_pem"], "names_from_csr": True, "name": "kept elsewhere"}
    issued = post(admin_client, f"/authorities/{authority.pk}/certificates", order)
    assert issued.status_code == HTTPStatus.CREATED, issued.content
    assert admin_client.get(f"{BASE}/certificate-requests?waiting=true").json()["items"] == []
    (done,) = admin_client.get(f"{BASE}/certificate-requests?waiting=false").json()["items"]
    assert done["certificate"] == issued.json()["id"]
    address = f"{BASE}/certificate-requests/{row['id']}"
    assert admin_client.delete(address, headers={"If-Match": '"1"'}).status_code == HTTPStatus.PRECONDITION_FAILED
    assert admin_client.delete(address).status_code == HTTPStatus.NO_CONTENT


def test_a_certificate_of_another_key_does_not_complete_a_request(admin_client: Client) -> None:
    row = post(admin_client, "/certificate-requests", {"names": ["a.test"]}).json()
    body = {"certificate_pem": make_leaf("a.test").pem.decode()}
    answer = post(admin_client, f"/certificate-requests/{row['id']}/complete", body)
    assert (answer.status_code, answer.json()["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "key.mismatch")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/authorities", {"subject": {"common_name": ""}}),
        ("/authorities", {"subject": {"common_name": "x"}, "days": 10**30}),
        ("/authorities", {"subject": {"common_name": "x", "wrong": 1}}),
        ("/authorities", {"subject": {"common_name": "x"}, "key_type": "RSA-512"}),
        ("/authorities/{id}/certificates", {"names": ["f*.test"]}),
        ("/authorities/{id}/certificates", {"names": ["a.test"], "csr_pem": "x"}),
        ("/authorities/{id}/certificates", {"purpose": "ca"}),
        ("/authorities/{id}/certificates", {"names": "a.test"}),
        ("/authorities/{id}/certificates/bulk", {"table": "x"}),
        ("/authorities/{id}/certificates/bulk", {}),
        ("/authorities/{id}/certificates/1/revoke", {"reason": "certificate_hold"}),
        ("/ca-repositories", {"name": ""}),
        ("/certificate-requests", {"names": []}),
        ("/certificate-requests", {"names": ["a.test"], "subject": {"country": "xyz"}}),
    ],
)
def test_bad_input_is_answered_and_stores_nothing(admin_client: Client, path: str, body: dict[str, Any]) -> None:
    authority = make_root()
    answer = post(admin_client, path.replace("{id}", authority.pk), body)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert Authority.objects.count() == 1


@pytest.mark.parametrize(
    "path",
    [
        "/authorities/ca-none",
        "/authorities/ca-none/certificates",
        "/authorities/%00/certificates/1",
        "/ca-repositories/repo-none",
        "/ca-repositories/repo-none/certificates",
        "/certificate-requests/csr-none",
    ],
)
def test_what_is_absent_is_not_found(admin_client: Client, client: Client, path: str) -> None:
    assert admin_client.get(f"{BASE}{path}").status_code == HTTPStatus.NOT_FOUND
    assert Client().get(f"{BASE}{path}").status_code == HTTPStatus.UNAUTHORIZED


def test_the_list_of_issued_certificates_goes_on_by_cursor(admin_client: Client) -> None:
    authority = make_root()
    for name in "abc":
        issue_client(authority, name)
    path = f"{BASE}/authorities/{authority.pk}/certificates?limit=2"
    first = admin_client.get(path).json()
    second = admin_client.get(f"{path}&cursor={first['next_cursor']}").json()
    assert [row["subject"] for row in (*first["items"], *second["items"])] == ["CN=c", "CN=b", "CN=a"]
