"""The calendar: months, the year, days, and feeds that calendar programs read."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from icalendar import Calendar
from pytest_django import Settings

from alerts.calendar.days import counts_by_day, ends_on
from alerts.calendar.feeds import create_feed, feed_of_token
from alerts.calendar.grid import month_of, next_month, year_grid
from alerts.models import CalendarFeed, Contact, ContactGroup
from events.actor import Actor
from tests.alerts.rows import DAY, NOW, make_certificate, replace
from watchlist.models import WatchedAddress

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def june(clock: time_machine.Traveller) -> time_machine.Traveller:
    return clock


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def page(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def watched(end: dt.datetime, **fields: Any) -> WatchedAddress:
    return WatchedAddress.objects.create(
        name="partner", host="partner.test", port=443, created_by="alice", next_check_at=NOW, sha256="a",
        ends_sha256="a", not_before=end - 90 * DAY, not_after=end, ends_at=end, **fields,
    )  # fmt: skip


def actor(user: User) -> Actor:
    return Actor(name=user.username, via="page", user_id=user.pk)


def feed(user: User, group: ContactGroup | None = None) -> str:
    return reverse("calendar-feed", args=[create_feed(actor(user), group_id=group.pk if group else "").token])


def events(client: Client, address: str) -> list[Any]:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_ends_are_counted_by_day_of_utc() -> None:
    midnight = dt.datetime(2026, 6, 10, tzinfo=dt.UTC)
    make_certificate(midnight)
    make_certificate(midnight - dt.timedelta(seconds=1))
    make_certificate(midnight + 400 * DAY, chain_not_after=midnight)
    watched(midnight)
    watched(midnight, server_name="off.test", enabled=False)
    counts = counts_by_day(TODAY, TODAY + 30 * DAY)
    assert counts[midnight.date() - DAY] == 1
    assert counts[midnight.date()] >= 2
    assert {end.kind for end in ends_on(midnight.date(), 10)} >= {"certificate", "outside"}


def test_month_shows_the_first_names_and_counts_the_rest(page: Client) -> None:
    for number in range(5):
        make_certificate(NOW + 3 * DAY, name=f"shop-{number}")
    answer = page.get(reverse("calendar"))
    text = answer.content.decode()
    assert "June 2026" in text
    assert "5<span" in text
    assert "end on 4 June" in text
    assert "shop-0" in text
    assert "shop-2" in text
    assert "shop-3" not in text
    assert "2 more" in text
    assert reverse("calendar-day", args=["2026-06-04"]) in text
    assert "shop-4" in page.get(reverse("calendar-day", args=["2026-06-04"])).content.decode()


def test_months_follow_each_other_over_the_end_of_a_year(page: Client) -> None:
    assert next_month(dt.date(2026, 12, 1)) == dt.date(2027, 1, 1)
    assert next_month(dt.date(2026, 1, 1), -1) == dt.date(2025, 12, 1)
    assert month_of("", TODAY) == dt.date(2026, 6, 1)
    text = page.get(reverse("calendar") + "?month=2026-12").content.decode()
    assert "?month=2027-01" in text
    assert "?month=2026-11" in text


@pytest.mark.parametrize("month", ["2026-13", "junk", "0000-01", "9999-12", "2026-1-1", "²"])
def test_what_is_no_month_is_refused(page: Client, month: str) -> None:
    assert page.get(reverse("calendar"), {"month": month}).status_code == 422
    assert page.get(reverse("calendar-year"), {"from": month}).status_code == 422


@pytest.mark.parametrize("day", ["2026-02-30", "junk", "0001-01-01"])
def test_what_is_no_day_is_not_found(page: Client, day: str) -> None:
    assert page.get(reverse("calendar-day", args=[day])).status_code == 404


def test_year_shows_thirteen_months(page: Client) -> None:
    make_certificate(NOW + 100 * DAY)
    text = page.get(reverse("calendar-year")).content.decode()
    assert "Jun 2026" in text
    assert "Jun 2027" in text
    assert 'title="2026-09-09: 1"' in text


def test_single_end_is_not_as_strong_as_the_fullest_day_can_be() -> None:
    months = year_grid(TODAY.replace(day=1), {TODAY: 1}, TODAY)
    assert [day.level for day in months[0].cells if day and day.count] == [2]


@pytest.mark.parametrize("name", ["calendar", "calendar-year", "calendar-feed-list", "calendar-feed-create"])
def test_pages_want_a_signed_in_user_and_refuse_other_methods(page: Client, name: str) -> None:
    assert Client().get(reverse(name)).status_code == 302
    assert page.get(reverse(name)).status_code == 200
    assert page.delete(reverse(name)).status_code == 405


def test_feed_is_made_read_without_signing_in_and_revoked(page: Client, alice: User) -> None:
    text = page.post(reverse("calendar-feed-create"), {"name": "Mine"}).content.decode()
    token = text.split(".ics")[0].rpartition("/")[2]
    row = CalendarFeed.objects.get()
    assert token not in row.token_sha256
    assert feed_of_token(token) == row
    assert Client().get(reverse("calendar-feed", args=[token])).status_code == 200
    row.refresh_from_db()
    assert row.last_read_at == NOW
    assert token not in page.get(reverse("calendar-feed-list")).content.decode()
    assert page.get(reverse("calendar-feed-revoke", args=[row.pk])).status_code == 200
    assert page.post(reverse("calendar-feed-revoke", args=[row.pk])).status_code == 302
    assert Client().get(reverse("calendar-feed", args=[token])).status_code == 404


def test_feed_of_a_user_who_may_not_sign_in_answers_nobody(page: Client, alice: User) -> None:
    address = feed(alice)
    User.objects.update(is_active=False)
    assert Client().get(address).status_code == 404


def test_feed_of_somebody_else_cannot_be_revoked(page: Client) -> None:
    create_feed(actor(User.objects.create_user("bob")))
    address = reverse("calendar-feed-revoke", args=[CalendarFeed.objects.get().pk])
    assert page.post(address).status_code == 404
    User.objects.filter(username="alice").update(is_superuser=True)
    assert page.post(address).status_code == 302


@pytest.mark.parametrize("token", ["x", "é", "a" * 300, "%00"])
def test_wrong_secret_is_not_found(token: str) -> None:
    assert Client().get(f"/calendar/{token}.ics").status_code == 404


def test_event_has_an_alarm_at_each_threshold_and_moves_with_a_new_version(alice: User) -> None:
    certificate = make_certificate(NOW + 40 * DAY, name="shop; , \\ \U0001f512")
    address = feed(alice)
    (event,) = events(Client(), address)
    assert event["summary"] == "shop; , \\ \U0001f512 ends"
    assert event["dtstart"].dt == NOW + 40 * DAY
    assert certificate.pk in event["url"]
    triggers = sorted(alarm["trigger"].dt for alarm in event.walk("VALARM"))
    assert triggers == [-30 * DAY, -7 * DAY, -DAY, dt.timedelta()]
    replace(certificate, NOW + 130 * DAY)
    (event,) = events(Client(), address)
    assert event["dtstart"].dt == NOW + 130 * DAY


def test_event_runs_one_way_whatever_the_name_turns(alice: User) -> None:
    make_certificate(NOW + 40 * DAY, name="shop\N{RIGHT-TO-LEFT OVERRIDE}tset.\N{LOCK}")
    (event,) = events(Client(), feed(alice))
    assert event["summary"] == "shoptset.\N{LOCK} ends"


def test_day_with_very_many_ends_is_one_event(alice: User) -> None:
    for number in range(30):
        make_certificate(NOW + 50 * DAY + dt.timedelta(minutes=number), name=f"fleet-{number:02}")
    watched(NOW + 60 * DAY)
    day, outside = sorted(events(Client(), feed(alice)), key=lambda event: str(event["uid"]))
    assert day["summary"] == "30 certificates end"
    assert day["dtstart"].dt == TODAY + 50 * DAY
    assert reverse("calendar-day", args=[TODAY + 50 * DAY]) in day["description"]
    assert {str(alarm["description"]) for alarm in day.walk("VALARM")} == {"30 certificates end"}
    assert len(list(day.walk("VALARM"))) == 4
    assert outside["summary"] == "partner ends"


def test_busy_days_are_told_apart_however_long_their_address_is(alice: User, settings: Settings) -> None:
    for day in (50, 51):
        for number in range(6):
            make_certificate(NOW + day * DAY, name=f"fleet-{day}-{number}")
    for host in ("lb.test", *("x" * length + ".example.test" for length in range(8, 24))):
        settings.PUBLIC_URL = f"https://{host}"
        found = events(Client(), feed(alice))
        assert [event["dtstart"].dt for event in found] == [TODAY + 50 * DAY, TODAY + 51 * DAY]
        assert [event["dtend"].dt for event in found] == [TODAY + 51 * DAY, TODAY + 52 * DAY]
        for event in found:
            address = f"https://{host}" + reverse("calendar-day", args=[event["dtstart"].dt])
            assert event["url"] == address
            assert address in event["description"]
            assert str(event["dtstart"].dt) in event["uid"]


def test_what_lies_far_ahead_or_long_behind_is_left_out(alice: User) -> None:
    for days in (-31, -29, 399, 401):
        make_certificate(NOW + days * DAY, name=f"in {days}")
    assert {str(event["summary"]) for event in events(Client(), feed(alice))} == {"in -29 ends", "in 399 ends"}


def test_feed_of_a_group_holds_what_the_rules_tell_it(alice: User) -> None:
    default = ContactGroup.objects.get(is_default=True)
    other = ContactGroup.objects.create(name="Elsewhere", created_by="alice")
    make_certificate(NOW + 40 * DAY)
    watched(NOW + 60 * DAY)
    assert len(events(Client(), feed(alice, default))) == 2
    assert events(Client(), feed(alice, other)) == []


def test_unchanged_feed_is_not_sent_again(alice: User, june: time_machine.Traveller) -> None:
    address = feed(alice)
    tag = Client().get(address)["ETag"]
    again = Client().get(address, headers={"If-None-Match": f'W/"x", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    watched(NOW + 60 * DAY, seen_since=NOW)
    assert Client().get(address, headers={"If-None-Match": tag}).status_code == 200
    tag = Client().get(address)["ETag"]
    june.shift(DAY)
    assert Client().get(address, headers={"If-None-Match": tag}).status_code == 200


def test_feed_is_in_the_language_of_its_contact(alice: User) -> None:
    Contact.objects.create(name="Alice", email="a@example.test", language="zh-hans", user=alice, created_by="alice")
    assert Client().get(feed(alice)).status_code == 200


def test_rest_counts_days_and_makes_feeds(page: Client) -> None:
    make_certificate(NOW + 3 * DAY)
    found = page.get("/api/v1/calendar?first=2026-06-01&last=2026-06-30").json()
    assert found["days"] == [{"day": "2026-06-04", "count": 1}]
    assert page.get("/api/v1/calendar?first=2026-06-01&last=2026-05-30").status_code == 422
    assert page.get("/api/v1/calendar?first=0001-01-01&last=9999-12-31").status_code == 422
    assert page.get("/api/v1/calendar?first=9999-12-31").status_code == 422
    made = page.post("/api/v1/calendar-feeds", {"name": "x"}, content_type="application/json")
    assert made.status_code == 201
    assert Client().get("/calendar/" + made.json()["url"].split("/calendar/")[1]).status_code == 200
    (listed,) = page.get("/api/v1/calendar-feeds").json()["items"]
    assert "url" not in listed
    assert page.delete(f"/api/v1/calendar-feeds/{listed['id']}").status_code == 204
    assert page.delete(f"/api/v1/calendar-feeds/{listed['id']}").status_code == 404
    wrong = page.post("/api/v1/calendar-feeds", {"group_id": "grp-nothing"}, content_type="application/json")
    assert wrong.status_code == 422
