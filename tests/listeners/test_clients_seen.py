"""Which clients listeners with mutual authentication have seen: page, CSV and REST."""

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from listeners import selectors
from listeners.models import Listener, ObservedClient
from tests import factories
from tests.listeners.conftest import Call

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def listener() -> Listener:
    return factories.make_listener(
        mutual_authentication=True,
        mutual_authentication_mode="observe",
        ca_certificate_id=factories.make_ca_certificate().pk,
    )


def see(
    listener: Listener, number: int, reason: str = "", *, ends: int = 90, ago: int = 0, connections: int = 1
) -> ObservedClient:
    seen = timezone.now() - ago * DAY
    return ObservedClient.objects.create(
        listener=listener,
        sha256=f"{number:064x}" if number else "",
        subject=f"CN=client-{number:03}" if number else "",
        issuer="CN=Root" if number else "",
        serial=f"{number:x}" if number else "",
        not_after=timezone.now() + ends * DAY if number else None,
        reason=reason,
        connections=connections,
        first_seen_at=seen,
        last_seen_at=seen,
    )


def test_summary_tells_whom_enforcing_would_refuse_of_the_last_seven_days(listener: Listener) -> None:
    see(listener, 0, "no-client-certificate", connections=5)
    see(listener, 1)
    see(listener, 2, "unknown-ca")
    see(listener, 3, ends=-1)  # it has ended since it was seen
    see(listener, 4, ends=20)
    see(listener, 5, "certificate-revoked", ago=8)
    summary = selectors.client_summary(listener)
    assert (summary.certificates, summary.refused, summary.expiring, summary.anonymous) == (4, 2, 1, 5)
    assert not summary.is_clean


def test_page_says_what_enforcing_would_do(admin_client: Client, listener: Listener) -> None:
    url = reverse("listener-clients", args=[listener.pk])
    assert "nothing is known of what enforcing would do" in admin_client.get(url).text
    see(listener, 1)
    assert "would refuse nobody" in admin_client.get(url).text
    see(listener, 2, "unknown-ca")
    see(listener, 0, "no-client-certificate", connections=3)
    text = admin_client.get(url).text
    assert "Switching to enforce would refuse 1 of 2 clients of the last 7 days." in text
    assert "so far 3 connections" in text
    assert "Unknown authority" in text
    assert "Clients without a certificate" in text


@pytest.mark.parametrize(
    ("query", "only", "numbers"),
    [
        ("client-002", "", [2]),
        ("", "refused", [2, 3]),
        ("", "valid", [1, 4]),
        ("", "expiring", [4]),
        (f"{4:064x}"[:64], "", [4]),
        ("no such", "", []),
    ],
)
def test_clients_are_searched_and_narrowed(listener: Listener, query: str, only: str, numbers: list[int]) -> None:
    for number, reason, ends in ((1, "", 90), (2, "unknown-ca", 90), (3, "", -1), (4, "", 20)):
        see(listener, number, reason, ends=ends)
    found = selectors.clients_of(listener, query, only)
    assert sorted(row.subject for row in found) == [f"CN=client-{number:03}" for number in numbers]


def test_clients_of_other_listeners_are_not_shown(listener: Listener, rest: Call) -> None:
    see(factories.make_listener(), 1)
    assert rest("GET", f"/listeners/{listener.pk}/clients").json()["items"] == []


def test_csv_has_every_client_and_no_formula(admin_client: Client, listener: Listener) -> None:
    row = see(listener, 1, "unknown-ca")
    ObservedClient.objects.filter(pk=row.pk).update(subject='=HYPERLINK("x")')
    answer = admin_client.get(reverse("listener-clients-csv", args=[listener.pk]))
    heads, first = csv.reader(io.StringIO(b"".join(answer).decode()))
    assert dict(zip(heads, first, strict=True))["refusal"] == "unknown-ca"
    assert first[1] == '\'=HYPERLINK("x")'


def test_clients_are_paged_by_rest_the_last_one_first(listener: Listener, rest: Call) -> None:
    for number in (1, 2, 3):
        see(listener, number, ago=4 - number)
    first = rest("GET", f"/listeners/{listener.pk}/clients?limit=2").json()
    assert [item["serial"] for item in first["items"]] == ["3", "2"]
    rest_of_them = rest("GET", f"/listeners/{listener.pk}/clients?limit=2&cursor={first['next_cursor']}").json()
    assert [item["serial"] for item in rest_of_them["items"]] == ["1"]


def test_summary_is_told_by_rest(listener: Listener, rest: Call) -> None:
    see(listener, 1, "unknown-ca")
    told = rest("GET", f"/listeners/{listener.pk}/clients/summary").json()
    assert (told["certificates"], told["refused"], told["anonymous"]) == (1, 1, 0)


def test_unknown_narrowing_is_refused_by_rest(listener: Listener, rest: Call) -> None:
    assert rest("GET", f"/listeners/{listener.pk}/clients?only=nobody").status_code == 422


def test_absent_listener_is_not_found(admin_client: Client, rest: Call) -> None:
    for name in ("listener-clients", "listener-clients-csv", "listener-mutual-mode", "listener-headers"):
        assert admin_client.get(reverse(name, args=["lsn-0000000000000000"])).status_code == 404
    assert rest("GET", "/listeners/lsn-0000000000000000/clients").status_code == 404


def test_pages_are_for_operators_alone(client: Client, listener: Listener) -> None:
    for name in ("listener-clients", "listener-clients-csv", "listener-mutual-mode", "listener-headers"):
        assert client.get(reverse(name, args=[listener.pk])).status_code == 302


def test_page_asks_the_database_as_often_for_many_clients_as_for_one(admin_client: Client, listener: Listener) -> None:
    url = reverse("listener-clients", args=[listener.pk])
    see(listener, 1, "unknown-ca")
    with CaptureQueriesContext(connection) as for_one:
        admin_client.get(url)
    for number in range(2, 20):
        see(listener, number, "unknown-ca")
    with CaptureQueriesContext(connection) as for_many:
        admin_client.get(url)
    assert len(for_many) == len(for_one) <= 12


def test_listener_without_requests_has_no_page_of_request_headers(admin_client: Client, listener: Listener) -> None:
    assert admin_client.get(reverse("listener-headers", args=[listener.pk])).status_code == 422


def test_what_no_database_can_hold_is_left_out_of_a_search(rest: Call, listener: Listener) -> None:
    see(listener, 1)
    assert [each.serial for each in selectors.clients_page(listener, "client\0-001")] == [f"{1:x}"]
    assert rest("GET", "/security-policies?region=%00").json()["items"] == []
