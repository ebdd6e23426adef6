"""The pages, the REST resource and the command of the watch list."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.models import Change
from tests.certs import make_leaf
from tests.factories import OPERATOR
from tests.watchlist.servers import server_context, tls_server
from watchlist.models import WatchedAddress
from watchlist.problems import FAILURES, TRUST_PROBLEMS, words_of
from watchlist.services import watch_address

pytestmark = pytest.mark.django_db
API = "/api/v1/watched-addresses"


@pytest.fixture
def page() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("alice"))
    return client


@pytest.fixture
def row() -> WatchedAddress:
    return watch_address(OPERATOR, host="www.partner.test", port=443)


def edited(row: WatchedAddress, **fields: object) -> dict[str, object]:
    form = {
        "name": row.name, "host": row.host, "port": row.port, "starttls": row.starttls, "period_minutes": 60,
        "enabled": "on", "revision": row.revision,
    }  # fmt: skip
    return form | fields


@pytest.mark.parametrize("name", ["watched-list", "watched-add"])
def test_pages_want_a_signed_in_user_and_refuse_other_methods(page: Client, name: str) -> None:
    assert Client().get(reverse(name)).status_code == 302
    assert page.get(reverse(name)).status_code == 200
    assert page.put(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", ["watched-detail", "watched-edit", "watched-delete"])
def test_address_that_is_not_there_is_not_found(page: Client, name: str) -> None:
    assert page.get(reverse(name, args=["wat-nothing"])).status_code == 404
    assert page.get(reverse(name, args=["é"])).status_code == 404


def test_several_are_pasted_at_once_and_known_ones_stay(page: Client, row: WatchedAddress) -> None:
    text = "www.partner.test\nsmtp://mail.partner.test:587\n10.0.0.5:8443 shop.partner.test"
    form = {"addresses": text, "period_minutes": "15", "owner": "Zoë 👩‍💻"}
    answer = page.post(reverse("watched-add"), form, follow=True)
    assert "2 addresses are watched from now on." in answer.content.decode()
    assert "1 is watched already." in answer.content.decode()
    new = WatchedAddress.objects.exclude(pk=row.pk)
    assert {(each.name, each.starttls, each.owner, each.period_minutes) for each in new} == {
        ("mail.partner.test:587", "smtp", "Zoë 👩‍💻", 15),
        ("shop.partner.test:8443", "none", "Zoë 👩‍💻", 15),
    }
    assert Change.objects.filter(kind="watched_address.created").count() == 3


def test_wrong_lines_are_said_and_nothing_is_stored(page: Client) -> None:
    answer = page.post(reverse("watched-add"), {"addresses": "a.test\n*.b.test", "period_minutes": "60"})
    assert answer.status_code == 422
    assert "Line 2" in answer.content.decode()
    assert not WatchedAddress.objects.exists()


def test_detail_shows_what_is_wrong(page: Client, row: WatchedAddress) -> None:
    end = timezone.now() + dt.timedelta(days=20)
    member = {"subject": "CN=Old CA", "issuer": "CN=Root", "not_before": end.isoformat(), "not_after": end.isoformat()}
    now = timezone.now()
    WatchedAddress.objects.update(
        answered_at=now, checked_at=now, sha256="ab", ends_sha256="cd", not_after=end, ends_at=end, not_before=end,
        names=["<b>x</b>"], chain=[{**member, "sha256": "cd"}], failures=2, failing_since=now,
        problem={"code": "connect-refused", "parameters": {}},
        trust_problems=[{"code": "name-mismatch", "parameters": {"name": "www.partner.test"}}],
    )  # fmt: skip
    text = page.get(reverse("watched-detail", args=[row.pk])).content.decode()
    assert "nothing listens on the port" in text
    assert "2 checks in a row failed" in text
    assert "not for “www.partner.test”" in text
    assert "Chain ends" in text
    assert "CN=Old CA" in text
    assert "<b>x</b>" not in text


def test_edit_moves_an_address_and_refuses_an_older_page(page: Client, row: WatchedAddress) -> None:
    address = reverse("watched-edit", args=[row.pk])
    assert page.get(address).status_code == 200
    assert page.post(address, edited(row, port=8443)).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.port, row.revision) == ("www.partner.test:8443", 8443, 2)
    assert page.post(address, edited(row, revision=1)).status_code == 412
    assert page.post(address, edited(row, host="*.test")).status_code == 422
    other = watch_address(OPERATOR, host="other.test", port=443)
    assert page.post(address, edited(row, host=other.host, port=443)).status_code == 422


def test_check_now_makes_it_due_and_paused_ones_are_not_checked(page: Client, row: WatchedAddress) -> None:
    WatchedAddress.objects.update(next_check_at=timezone.now() + dt.timedelta(hours=1))
    address = reverse("watched-check", args=[row.pk])
    assert page.post(address, {"revision": row.revision}).status_code == 302
    row.refresh_from_db()
    assert row.next_check_at <= timezone.now()
    WatchedAddress.objects.update(enabled=False)
    assert page.post(address).status_code == 409


def test_delete_asks_first(page: Client, row: WatchedAddress) -> None:
    address = reverse("watched-delete", args=[row.pk])
    assert row.name in page.get(address).content.decode()
    assert page.post(address, {"revision": row.revision}).status_code == 302
    assert not WatchedAddress.objects.exists()


def test_list_is_filtered_by_what_each_row_says_of_itself(page: Client) -> None:
    now = timezone.now()
    soon, gone = now + dt.timedelta(days=9), now - dt.timedelta(days=9)
    wrong = [{"code": "self-signed", "parameters": {}}]
    rows: tuple[dict[str, Any], ...] = (
        {"enabled": False}, {}, {"failures": 1}, {"ends_at": gone}, {"ends_at": soon, "trust_problems": wrong},
        {"ends_at": soon},
    )  # fmt: skip
    for number, fields in enumerate(rows):
        made = watch_address(OPERATOR, host=f"h{number}.test", port=443)
        WatchedAddress.objects.filter(pk=made.pk).update(**fields)
    for state in WatchedAddress.State.values:
        (only,) = page.get(f"{API}?state={state}").json()["items"]
        assert only["state"] == state
        assert page.get(reverse("watched-list"), {"state": state}).status_code == 200
    assert page.get(reverse("watched-list"), {"state": "junk"}).status_code == 422
    assert len(page.get(f"{API}?q=H3").json()["items"]) == 1


def test_rest_watches_changes_checks_and_deletes(page: Client) -> None:
    made = page.post(API, {"host": "a.test", "starttls": "imap", "port": 143}, content_type="application/json")
    assert made.status_code == 201
    assert made["ETag"] == '"1"'
    address = f"{API}/{made.json()['id']}"
    assert page.get(address).json()["state"] == "new"
    stale = page.patch(address, {"port": 993}, content_type="application/json", headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    changed = page.patch(address, {"owner": "Mail team"}, content_type="application/json", headers={"If-Match": '"1"'})
    assert (changed.json()["owner"], changed["ETag"]) == ("Mail team", '"2"')
    assert page.post(f"{address}/check").status_code == 200
    again = page.post(API, {"host": "A.test.", "starttls": "imap", "port": 143}, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "watched.exists")
    assert page.post(API, {"host": "a.test", "x": 1}, content_type="application/json").status_code == 422
    assert page.delete(address).status_code == 204
    assert page.get(address).status_code == 404


def test_command_watches_checks_and_fails_for_what_is_not_trusted() -> None:
    out = StringIO()
    with tls_server(server_context(make_leaf("www.partner.test"))) as (port, _asked):
        for _turn in range(2):
            with pytest.raises(CommandError, match="1 of 1 are not as they should be"):
                call_command("watchaddress", f"127.0.0.1:{port} www.partner.test", stdout=out)
    assert "The certificate is signed by itself." in out.getvalue()
    assert WatchedAddress.objects.count() == 1
    with pytest.raises(CommandError, match="no address"):
        call_command("watchaddress", "gopher://x", stdout=out)


def test_every_problem_has_words() -> None:
    parameters = {
        "reason": "r", "seconds": "1", "protocol": "p", "name": "n", "issuer": "i", "subject": "s", "number": 1
    }  # fmt: skip
    for code in (*FAILURES, *TRUST_PROBLEMS):
        assert words_of({"code": code, "parameters": parameters})
    assert words_of({"code": "of-a-later-edition", "parameters": {}}) == "of-a-later-edition"
