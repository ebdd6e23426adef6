"""The pages of notices, channels and deliveries."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alerts.models import Channel, Delivery
from alerts.scanning import run_scan
from alerts.selectors.channels import channel_by_id
from alerts.selectors.deliveries import deliveries
from alerts.sending.deliveries import send_due
from console.errors import NotFoundError
from events.actor import SYSTEM
from events.models import Notice
from tests.alerts.rows import DAY, make_certificate, make_email, make_webhook
from tests.alerts.servers import Receiver, status

pytestmark = pytest.mark.django_db(transaction=True)
LISTS = ("notice-list", "channel-list", "delivery-list")


@pytest.fixture
def page() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("alice"))
    return client


@pytest.mark.parametrize("name", LISTS)
def test_list_wants_a_signed_in_user(name: str) -> None:
    answer = Client().get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("sign-in"))


@pytest.mark.parametrize("name", LISTS)
def test_list_is_empty_at_first_and_refuses_other_methods(page: Client, name: str) -> None:
    assert page.get(reverse(name)).status_code == 200
    assert page.post(reverse(name)).status_code == 405


def test_notices_warn_when_nobody_would_be_told(page: Client) -> None:
    assert "No channel is switched on" in page.get(reverse("notice-list")).content.decode()


def test_scan_button_scans_and_lists_what_it_found(page: Client) -> None:
    make_webhook("http://127.0.0.1:9/")
    make_certificate(timezone.now() + 5 * DAY, name="shop")
    answer = page.post(reverse("scan-now"), follow=True)
    content = answer.content.decode()
    assert "found 1 certificate" in content
    assert "shop" in content
    assert "7 days before" in content
    assert page.get(reverse("scan-now")).status_code == 405


@pytest.mark.parametrize(
    ("kind", "hours", "words"),
    [("certificate", 48, "2 days before"), ("authority", 0, "at the end"), ("node", 0, "when it was found")],
)
def test_list_says_when_a_notice_of_each_kind_is_told(page: Client, kind: str, hours: int, words: str) -> None:
    now = timezone.now()
    about = {"subject_kind": kind, "subject_id": "x", "generation": "1", "subject_name": "x"}
    Notice.objects.create(**about, threshold_hours=hours, expires_at=now, created_at=now)
    assert words in page.get(reverse("notice-list")).content.decode()


def test_email_channel_is_created_edited_switched_and_deleted(page: Client) -> None:
    answer = page.post(
        reverse("channel-create", args=["email"]), {"name": "Operations", "target": "a@example.test b@example.test"}
    )
    channel = Channel.objects.get()
    address = reverse("channel-detail", args=[channel.pk])
    assert answer["Location"] == address
    assert channel.target == "a@example.test, b@example.test"
    form = {"name": "Ops", "target": "a@example.test", "revision": "1"}
    assert page.post(reverse("channel-edit", args=[channel.pk]), form)["Location"] == address
    page.post(reverse("channel-switch", args=[channel.pk]), {"enabled": "0"})
    channel.refresh_from_db()
    assert (channel.name, channel.enabled, channel.revision) == ("Ops", False, 3)
    assert "cannot be undone" in page.get(reverse("channel-delete", args=[channel.pk])).content.decode()
    page.post(reverse("channel-delete", args=[channel.pk]), {"revision": "3"})
    assert not Channel.objects.exists()


def test_webhook_secret_is_in_the_answer_once_and_in_no_session(page: Client) -> None:
    address = reverse("channel-create", args=["webhook"])
    answer = page.post(address, {"name": "pager", "target": "https://hooks.example.test/"})
    assert "whsec_" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    channel = Channel.objects.get()
    assert "whsec_" not in page.get(reverse("channel-detail", args=[channel.pk])).content.decode()
    assert "whsec_" not in str(dict(page.session.items()))
    rotated = page.post(reverse("channel-rotate-secret", args=[channel.pk]), {"revision": "1", "overlap_hours": "24"})
    assert "whsec_" in rotated.content.decode()


@pytest.mark.parametrize(
    ("kind", "target", "words"),
    [
        ("email", "nobody", "is not a mail address"),
        ("webhook", "ftp://example.test/", "is not an http or https address"),
        ("webhook", "https://me:secret@example.test/", "user name or password"),
        ("webhook", "", "required"),
    ],
)
def test_wrong_target_is_said_at_its_field(page: Client, kind: str, target: str, words: str) -> None:
    answer = page.post(reverse("channel-create", args=[kind]), {"name": "a", "target": target})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Channel.objects.exists()


def test_second_of_two_operators_is_told(page: Client) -> None:
    channel = make_email()
    address = reverse("channel-edit", args=[channel.pk])
    page.post(address, {"name": "first", "target": "a@example.test", "revision": "1"})
    answer = page.post(address, {"name": "second", "target": "a@example.test", "revision": "1"})
    assert "changed by someone else" in answer.content.decode()
    assert Channel.objects.get().name == "first"


def test_test_button_shows_the_result(page: Client, receiver: Receiver) -> None:
    channel = make_webhook(receiver.url)
    answer = page.post(reverse("channel-test", args=[channel.pk]), follow=True)
    assert "The test was sent. HTTP 204" in answer.content.decode()
    receiver.answer = status(500, b"boom")
    answer = page.post(reverse("channel-test", args=[channel.pk]), follow=True)
    assert "The test did not arrive." in answer.content.decode()
    assert "HTTP 500 boom" in answer.content.decode()


def test_delivery_page_sends_again_what_failed(page: Client, receiver: Receiver) -> None:
    receiver.answer = status(400)
    make_certificate(timezone.now() + 5 * DAY, name="shop")
    make_webhook(receiver.url, name="pager")
    run_scan(SYSTEM)
    send_due(3)
    delivery = Delivery.objects.get()
    detail = page.get(reverse("delivery-detail", args=[delivery.key])).content.decode()
    assert "Send again" in detail
    assert "shop" in detail
    assert "pager" in page.get(f"{reverse('delivery-list')}?state=failed").content.decode()
    receiver.answer = status(200)
    page.post(reverse("delivery-resend", args=[delivery.key]))
    send_due(3)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT
    assert receiver.ids == [str(delivery.key)] * 2


@pytest.mark.parametrize("name", ["channel-detail", "channel-edit", "channel-delete", "channel-rotate-secret"])
def test_absent_channel_is_not_found(page: Client, name: str) -> None:
    assert page.get(reverse(name, args=["chn-absent"])).status_code == 404


@pytest.mark.parametrize("text", ["\0", "é", "a" * 500])
def test_what_can_be_no_id_is_never_looked_up(django_assert_num_queries: Any, text: str) -> None:
    with django_assert_num_queries(0), pytest.raises(NotFoundError):
        channel_by_id(text)
    assert "\0" not in str(deliveries(channel_id=text).query)


def test_unknown_kind_is_not_found(page: Client) -> None:
    assert page.get(reverse("channel-create", args=["pigeon"])).status_code == 404


def test_filter_that_does_not_exist_is_refused(page: Client) -> None:
    assert page.get(f"{reverse('delivery-list')}?state=odd").status_code == 422
    assert page.get(f"{reverse('notice-list')}?cursor=odd").status_code == 422
