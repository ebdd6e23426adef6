"""Requests that are sent again, tried, or sent only if nothing changed meanwhile."""

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from access.models import ApiToken, RememberedAnswer
from access.repeating import forget_answers
from access.tokens import create_token
from listeners.models import LoadBalancer, ServerGroup
from tests.factories import make_load_balancer, unique

ADDRESS = "/api/v1/server-groups"


def send(client: Client, body: Any, method: str = "POST", address: str = ADDRESS, **headers: str) -> Any:
    """Send JSON with headers, spelled with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.generic(method, address, json.dumps(body), "application/json", headers=named)


@pytest.mark.django_db
def test_the_same_request_is_done_once_and_answered_twice(admin_client: Client) -> None:
    body = {"name": "web"}
    first = send(admin_client, body, Idempotency_Key="a")
    again = send(admin_client, body, Idempotency_Key="a")
    assert (first.status_code, again.status_code, ServerGroup.objects.count()) == (201, 201, 1)
    assert (again.content, again["ETag"], again["Content-Type"]) == (
        first.content,
        first["ETag"],
        first["Content-Type"],
    )
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")


@pytest.mark.django_db
@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}?dry_run=false"])
def test_the_same_key_with_another_request_is_refused(admin_client: Client, address: str) -> None:
    send(admin_client, {"name": "web"}, Idempotency_Key="a")
    answer = send(admin_client, {"name": "web" if "?" in address else "api"}, address=address, Idempotency_Key="a")
    assert (answer.status_code, answer.json()["code"]) == (422, "request.idempotency-key-reused")
    assert ServerGroup.objects.count() == 1


@pytest.mark.django_db
def test_keys_of_different_users_are_different(admin_client: Client) -> None:
    send(admin_client, {"name": "web"}, Idempotency_Key="a")
    token = create_token(User.objects.create_user("robot"))
    answer = send(Client(), {"name": "api"}, Idempotency_Key="a", Authorization=f"Bearer {token}")
    assert answer.status_code == 201


@pytest.mark.django_db
def test_a_refused_request_leaves_its_key_free(admin_client: Client) -> None:
    assert send(admin_client, {"name": ""}, Idempotency_Key="a").status_code == 422
    assert send(admin_client, {"name": "web"}, Idempotency_Key="a").status_code == 201


@pytest.mark.django_db
def test_a_key_is_forgotten_after_a_day(admin_client: Client, admin_user: User) -> None:
    send(admin_client, {"name": "web"}, Idempotency_Key="a")
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=25)):
        admin_client.force_login(admin_user)
        again = send(admin_client, {"name": "web"}, Idempotency_Key="a")
        assert (again.status_code, again.json()["code"]) == (409, "server-group.name-taken")
        send(admin_client, {"name": "api"}, Idempotency_Key="b")
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=49, minutes=1)):
        assert forget_answers() == 2
    assert not RememberedAnswer.objects.exists()


@pytest.mark.django_db
def test_a_secret_that_is_answered_again_is_kept_sealed(admin_client: Client) -> None:
    first = send(admin_client, {"name": "deploy"}, address="/api/v1/tokens", Idempotency_Key="a")
    again = send(admin_client, {"name": "deploy"}, address="/api/v1/tokens", Idempotency_Key="a")
    assert first.json()["token"] == again.json()["token"]
    assert first.json()["token"].encode() not in bytes(RememberedAnswer.objects.get().sealed_body)
    assert ApiToken.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä"])
def test_what_cannot_be_a_key_is_refused(admin_client: Client, key: str) -> None:
    answer = send(admin_client, {"name": "web"}, Idempotency_Key=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.idempotency-key-invalid")
    assert not ServerGroup.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_request_from_many_at_once_is_done_once(admin_user: User) -> None:
    token = create_token(admin_user)
    name = unique("raced")

    def ask(_n: int) -> Any:
        try:
            return send(Client(), {"name": name}, Idempotency_Key="a", Authorization=f"Bearer {token}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert ServerGroup.objects.filter(name=name).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers", [{}, {"Idempotency_Key": "a"}, {"If_Match": '"1"'}], ids=["alone", "with a key", "with a revision"]
)
def test_any_write_can_be_tried(admin_client: Client, headers: dict[str, str]) -> None:
    balancer = make_load_balancer()
    address = f"/api/v1/load-balancers/{balancer.pk}?dry_run=true"
    answer = send(admin_client, {"name": "other"}, "PATCH", address, **headers)
    assert (answer.status_code, answer["Dry-Run"], answer.json()["name"]) == (200, "true", "other")
    assert LoadBalancer.objects.get().name == balancer.name
    assert not RememberedAnswer.objects.exists()
    certificates = {"files": [], "text": "", "items": []}
    assert send(admin_client, certificates, address="/api/v1/certificates/import?dry_run=yes").status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["dry_run", "Idempotency-Key"])
def test_what_reaches_out_can_be_neither_tried_nor_repeated(admin_client: Client, how: str) -> None:
    query, headers = ("?dry_run=true", {}) if how == "dry_run" else ("", {"Idempotency_Key": "a"})
    answer = send(admin_client, {}, address=f"/api/v1/scans{query}", **headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "request.not-repeatable", how)


@pytest.mark.django_db
def test_a_revision_of_what_has_none_is_refused_and_nothing_done(admin_client: Client) -> None:
    answer = send(admin_client, {"name": "web"}, If_Match='"1"')
    assert (answer.status_code, answer.json()["code"]) == (422, "request.if-match-not-applicable")
    assert not ServerGroup.objects.exists()
    assert send(admin_client, {"name": "web"}, If_Match="*").status_code == 201


@pytest.mark.django_db
def test_polling_a_list_costs_no_body_while_nothing_changes(admin_client: Client) -> None:
    tag = admin_client.get(ADDRESS)["ETag"]
    same = admin_client.get(ADDRESS, headers={"If-None-Match": f'"x", {tag}'})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)
    send(admin_client, {"name": "web"})
    assert admin_client.get(ADDRESS, headers={"If-None-Match": tag}).status_code == 200
