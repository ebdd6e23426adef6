"""The start page."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Channel, Scan
from dashboard.selectors import STRIP_HEIGHT, strip, windows
from listeners.models import ListenerStatus, NodeStatus, ServedReceipt
from renewals.models import AcmeAccount, Renewal
from tests.certificates.pages import stored
from tests.certs import DAY
from tests.factories import make_listener

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 1)


def shown(client: Client) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_signed_out_one_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/")["Location"] == "/sign-in/?next=/"


def test_a_new_installation_shows_the_first_three_steps(admin_client: Client) -> None:
    assert "Three steps to the first listener" in shown(admin_client)


def test_the_steps_go_away_once_a_listener_exists(admin_client: Client) -> None:
    make_listener()
    assert "Three steps to the first listener" not in shown(admin_client)


def test_the_soonest_end_is_first(admin_client: Client) -> None:
    now = timezone.now()
    stored("b.test", not_after=now + 20 * DAY, name="later")
    stored("a.test", not_after=now - DAY, not_before=now - 9 * DAY, name="gone")
    page = shown(admin_client)
    assert page.index(">gone<") < page.index(">later<")
    assert "1 expired" in page


def test_a_rejected_listener_is_shown_with_its_reason(admin_client: Client) -> None:
    listener = make_listener()
    ListenerStatus.objects.create(
        listener=listener, node="n", state="rejected", problems=[{"code": "x", "message": "key values mismatch"}]
    )
    assert "key values mismatch" in shown(admin_client)


def test_a_listener_that_served_something_else_is_shown_until_it_is_right(admin_client: Client) -> None:
    listener = make_listener()
    receipt = {"listener": listener, "node": "n", "server_name": "a.test", "expected_sha256": "0" * 64}
    ServedReceipt.objects.create(**receipt, is_expected=False, at=timezone.now())
    assert "Not as expected" in shown(admin_client)
    ServedReceipt.objects.create(**receipt, is_expected=True, at=timezone.now())
    assert "Not as expected" not in shown(admin_client)


def test_a_late_scan_is_said(admin_client: Client) -> None:
    Scan.objects.create(started_at=timezone.now() - dt.timedelta(days=8), requested_by="lbadmin")
    assert "overdue" in shown(admin_client)


def test_a_renewal_that_fails_is_shown_as_failing_though_its_certificate_is_good(admin_client: Client) -> None:
    account = AcmeAccount.objects.create(name="a", directory_url="https://acme.test/", key=b"", created_by="alice")
    certificate = stored("good.test", not_after=timezone.now() + 300 * DAY)
    Renewal.objects.create(
        name="good.test",
        account=account,
        certificate=certificate,
        names=["good.test"],
        state=Renewal.State.FAILED,
        failures=2,
        last_problem={"message": "The zone is broken."},
        created_by="alice",
    )
    card = shown(admin_client).partition('id="renewals"')[2].partition("</section>")[0]
    assert "The zone is broken." in card
    assert "Failing" in card
    assert "pill-green" not in card


def test_a_failing_channel_is_said(admin_client: Client) -> None:
    Channel.objects.create(name="ops", kind="email", target="a@b.test", failing_since=timezone.now(), last_error="550")
    assert "Failing" in shown(admin_client)


def test_a_silent_node_is_said(admin_client: Client) -> None:
    long_ago = timezone.now() - dt.timedelta(hours=1)
    NodeStatus.objects.create(node="edge-1", pid=1, started_at=long_ago, seen_at=long_ago)
    assert "Silent" in shown(admin_client)


def test_it_costs_a_bounded_number_of_queries(admin_client: Client, django_assert_max_num_queries: object) -> None:
    make_listener()
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        admin_client.get("/")


def test_other_methods_are_refused(admin_client: Client) -> None:
    assert admin_client.put("/").status_code == 405


def test_the_strip_has_a_bar_for_each_day_on_which_something_ends() -> None:
    ends = {TODAY: 1, TODAY + 5 * DAY: 4, TODAY + 89 * DAY: 16, TODAY + 90 * DAY: 1, TODAY - DAY: 3}
    bars = strip(ends, TODAY)
    assert [(bar.x, bar.count, bar.colour) for bar in bars] == [(0, 1, "red"), (50, 4, "orange"), (890, 16, "green")]
    assert max(bar.height for bar in bars) == STRIP_HEIGHT
    assert all(bar.y + bar.height == STRIP_HEIGHT for bar in bars)


def test_windows_count_what_ends_within_them() -> None:
    ends = {TODAY - DAY: 2, TODAY: 1, TODAY + 7 * DAY: 1, TODAY + 30 * DAY: 1, TODAY + 60 * DAY: 1}
    assert windows(ends, TODAY) == {"expired": 2, "days_7": 2, "days_30": 3, "days_90": 4}
