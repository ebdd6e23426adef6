"""The list of certificates."""

import csv
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.certificates.pages import stored
from tests.certs import DAY
from tests.factories import make_listener

pytestmark = pytest.mark.django_db


def names(client: Client, **query: str) -> list[str]:
    answer = client.get("/certificates/", query)
    assert answer.status_code == 200
    return [row.name for row in answer.context["rows"]]


@pytest.mark.parametrize("address", ["/certificates/", "/certificates/export.csv"])
def test_signed_out_one_is_asked_to_sign_in(client: Client, address: str) -> None:
    assert client.get(address)["Location"] == f"/sign-in/?next={address}"


def test_the_soonest_end_is_first_and_windows_narrow(admin_client: Client) -> None:
    now = timezone.now()
    for name, days in (("later", 60), ("soon", 5), ("gone", -1)):
        stored(f"{name}.test", name=name, not_before=now - 9 * DAY, not_after=now + days * DAY)
    assert names(admin_client) == ["gone", "soon", "later"]
    assert names(admin_client, expires="expired") == ["gone"]
    assert names(admin_client, expires="7") == ["soon"]
    assert names(admin_client, expires="90") == ["soon", "later"]


def test_a_search_finds_by_name_and_covered_host(admin_client: Client) -> None:
    stored("*.shop.test", name="shop")
    stored("other.test", name="other")
    assert names(admin_client, q="www.shop.test") == ["shop"]
    assert names(admin_client, q="OTHER") == ["other"]
    assert "No certificate matches" in admin_client.get("/certificates/?q=zzz").content.decode()


def test_who_uses_a_certificate_is_shown(admin_client: Client) -> None:
    listener = make_listener(certificate_id=stored("www.test").pk)
    assert f"/listeners/{listener.pk}/" in admin_client.get("/certificates/").content.decode()


def test_an_empty_repository_offers_the_import(admin_client: Client) -> None:
    page = admin_client.get("/certificates/").content.decode()
    assert "No certificates yet" in page


@pytest.mark.parametrize("query", [{"kind": "x"}, {"expires": "x"}, {"q": "\0"}, {"q": "x" * 9999}, {"expires": "-1"}])
def test_an_unknown_filter_is_ignored(admin_client: Client, query: dict[str, str]) -> None:
    assert admin_client.get("/certificates/", query).status_code == 200


def test_a_foreign_cursor_is_refused(admin_client: Client) -> None:
    assert admin_client.get("/certificates/?cursor=x").status_code == 422


def test_the_csv_has_what_the_list_has_and_no_formula(admin_client: Client) -> None:
    stored("www.test", "b.test", name="=1+1")
    answer: Any = admin_client.get("/certificates/export.csv")
    lines = list(csv.reader(b"".join(answer.streaming_content).decode().splitlines()))
    assert lines[0][:4] == ["id", "name", "kind", "names"]
    assert lines[1][1:4] == ["'=1+1", "server", "www.test b.test"]


def test_other_methods_are_refused(admin_client: Client) -> None:
    assert admin_client.post("/certificates/").status_code == 405
    assert admin_client.post("/certificates/export.csv").status_code == 405
