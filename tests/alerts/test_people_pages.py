"""The pages of contacts, contact groups and answers."""

import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alerts.messages.answering import answer_url
from alerts.models import Acknowledgement, AlertRule, AlertStep, Channel, Contact, ContactGroup, Delivery
from alerts.scanning import run_scan
from alerts.services.contacts import create_contact
from alerts.services.groups import create_group
from events.actor import SYSTEM
from events.models import Change, Notice
from tests.alerts.rows import DAY, NOW, make_certificate, make_webhook

pytestmark = pytest.mark.django_db
LISTS = ("contact-list", "contact-group-list", "contact-create", "contact-group-create")
ODD_NAMES = ("Zoë 👩‍💻", "דנה", "O’Neil <b>", "张伟")


@pytest.fixture
def page() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("alice"))
    return client


def told_notice() -> tuple[Notice, Delivery]:
    """Return an open notice and a delivery that tells it."""
    make_webhook()
    make_certificate(timezone.now() + 5 * DAY, name="shop")
    run_scan(SYSTEM)
    return Notice.objects.get(is_open=True), Delivery.objects.get()


def link_of(delivery: Delivery) -> str:
    return urlsplit(answer_url(delivery)).path


@pytest.mark.parametrize("name", LISTS)
def test_page_wants_a_signed_in_user(name: str) -> None:
    assert Client().get(reverse(name)).status_code == 302


@pytest.mark.parametrize("kind", ["contact", "contact-group"])
def test_absent_id_is_not_found(page: Client, kind: str) -> None:
    for action in ("detail", "edit", "delete"):
        assert page.get(reverse(f"{kind}-{action}", args=["nobody"])).status_code == 404


@pytest.mark.parametrize("name", ODD_NAMES)
def test_contact_is_created_edited_and_deleted(page: Client, name: str) -> None:
    group = ContactGroup.objects.get()
    form = {"name": name, "email": "ana@example.test", "language": "zh-hans", "group_ids": [group.pk]}
    answer = page.post(reverse("contact-create"), form)
    contact = Contact.objects.get()
    assert answer["Location"] == reverse("contact-detail", args=[contact.pk])
    assert (contact.channel.name, contact.channel.target, contact.channel.language) == (
        name,
        "ana@example.test",
        "zh-hans",
    )
    for address in ("contact-detail", "contact-edit", "contact-delete"):
        content = page.get(reverse(address, args=[contact.pk])).content.decode()
        assert "<b>" not in content
    changed = {"name": "Ana", "email": "ana@example.org", "revision": "1"}
    assert page.post(reverse("contact-edit", args=[contact.pk]), changed).status_code == 302
    contact = Contact.objects.get()
    assert (contact.channel.name, contact.channel.target, contact.groups.count()) == ("Ana", "ana@example.org", 0)
    assert "Ana" in page.get(reverse("contact-list")).content.decode()
    page.post(reverse("contact-delete", args=[contact.pk]), {"revision": "2"})
    assert not Contact.objects.exists()
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\nBcc: eve@example.test"),
        ("name", "\u202egnp.exe"),
        ("name", "x" * 101),
        ("name", "BEN"),
        ("email", "no address"),
        ("email", "a@example.test, b@example.test"),
        ("email", "a@example.test\nBcc: eve@example.test"),
        ("language", "xx"),
        ("group_ids", "grp-nobody"),
    ],
)
def test_contact_that_cannot_be_is_refused_at_its_field(page: Client, field: str, value: str) -> None:
    create_contact(SYSTEM, name="Ben", email="ben@example.test")
    form = {"name": "Ana", "email": "ana@example.test", field: value}
    answer = page.post(reverse("contact-create"), form)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert Contact.objects.count() == 1


def test_stale_edit_of_a_contact_is_refused(page: Client) -> None:
    contact = create_contact(SYSTEM, name="Ben", email="ben@example.test")
    form = {"name": "Ana", "email": "ana@example.test", "revision": "7"}
    assert page.post(reverse("contact-edit", args=[contact.pk]), form).status_code == 412
    assert Contact.objects.get().name == "Ben"


def test_contact_may_bear_the_name_of_a_channel(page: Client) -> None:
    make_webhook(name="ops")
    contact = create_contact(SYSTEM, name="ops", email="ops@example.test")
    assert contact.channel.name == f"ops ({contact.pk})"


def test_group_is_created_edited_and_deleted(page: Client) -> None:
    contact = create_contact(SYSTEM, name="Ana", email="ana@example.test")
    form = {
        "name": "On call",
        "contact_ids": [contact.pk],
        "channel_ids": [make_webhook().pk],
        "time_zone": "Europe/Berlin",
        "pace": "weekly",
        "digest_at": "09:00",
        "digest_weekday": "0",
        "quiet_from": "22:00",
        "quiet_until": "06:30",
    }
    answer = page.post(reverse("contact-group-create"), form)
    group = ContactGroup.objects.get(name="On call")
    address = reverse("contact-group-detail", args=[group.pk])
    assert answer["Location"] == address
    content = page.get(address).content.decode()
    for words in ("Monday", "09:00", "quiet from 22:00 until 06:30", "Ana"):
        assert words in content
    assert "Europe/Berlin" in page.get(reverse("contact-group-edit", args=[group.pk])).content.decode()
    assert "On call" in page.get(reverse("contact-group-list")).content.decode()
    edited = {"name": "Night", "time_zone": "UTC", "pace": "at-once", "revision": "1"}
    assert page.post(reverse("contact-group-edit", args=[group.pk]), edited).status_code == 302
    group.refresh_from_db()
    assert (group.name, group.pace, group.quiet_from, group.contacts.count()) == ("Night", "at-once", None, 0)
    assert "stay" in page.get(reverse("contact-group-delete", args=[group.pk])).content.decode()
    page.post(reverse("contact-group-delete", args=[group.pk]), {"revision": "2"})
    assert ContactGroup.objects.count() == 1


def test_group_refuses_times_that_make_no_sense(page: Client) -> None:
    form = {"name": "On call", "time_zone": "Mars/Olympus", "pace": "daily", "quiet_from": "22:00"}
    answer = page.post(reverse("contact-group-create"), form)
    assert answer.status_code == 422
    assert "IANA" in str(answer.context["form"].errors["time_zone"])


def test_group_that_a_rule_names_and_the_default_one_stay(page: Client) -> None:
    group = create_group(SYSTEM, name="On call")
    AlertStep.objects.create(rule=AlertRule.objects.get(is_default=True), group=group)
    for kept in ContactGroup.objects.all():
        assert page.post(reverse("contact-group-delete", args=[kept.pk])).status_code == 409
    assert ContactGroup.objects.count() == 2


def test_notice_is_acknowledged_with_a_reason_and_taken_back(page: Client) -> None:
    notice, _delivery = told_notice()
    address = reverse("notice-acknowledge", args=[notice.pk])
    assert "shop" in page.get(address).content.decode()
    assert page.post(address, {"answer": "acknowledge", "reason": " "}).status_code == 422
    assert page.post(address, {"answer": "acknowledge", "reason": "Ana has ordered it"}).status_code == 302
    assert "acknowledged by alice" in page.get(reverse("notice-list")).content.decode()
    assert Change.objects.filter(kind="notice.acknowledged", actor_name="alice").exists()
    page.post(reverse("notice-take-back", args=[notice.pk]))
    assert not Acknowledgement.objects.exists()
    assert page.post(reverse("notice-take-back", args=[notice.pk])).status_code == 404


@pytest.mark.parametrize(
    ("answer", "until", "days"), [("3d", "", 3), ("30d", "", 30), ("until", "2026-06-06T12:00", 5)]
)
def test_notice_is_snoozed(page: Client, clock: time_machine.Traveller, answer: str, until: str, days: int) -> None:
    notice, _delivery = told_notice()
    form = {"answer": answer, "until": until, "reason": "on leave"}
    assert page.post(reverse("notice-acknowledge", args=[notice.pk]), form).status_code == 302
    assert Acknowledgement.objects.get().until == NOW + days * DAY


@pytest.mark.parametrize("until", ["", "yesterday", "2020-01-01T00:00", "2099-01-01T00:00"])
def test_snooze_without_a_sensible_end_is_refused(page: Client, until: str) -> None:
    notice, _delivery = told_notice()
    form = {"answer": "until", "until": until, "reason": "later"}
    answer = page.post(reverse("notice-acknowledge", args=[notice.pk]), form)
    assert answer.status_code == 422
    assert answer.context["form"].errors["until"]


def test_closed_notice_cannot_be_acknowledged(page: Client) -> None:
    notice, _delivery = told_notice()
    Notice.objects.update(is_open=False)
    form = {"answer": "acknowledge", "reason": "late"}
    answer = page.post(reverse("notice-acknowledge", args=[notice.pk]), form)
    assert answer.status_code == 422
    assert not Acknowledgement.objects.exists()


def test_link_in_a_message_changes_nothing_until_the_button_is_pressed() -> None:
    _notice, delivery = told_notice()
    visitor = Client(enforce_csrf_checks=True)
    for _scanner in range(2):
        shown = visitor.get(link_of(delivery))
        visitor.head(link_of(delivery))
    assert shown.status_code == 200
    assert "shop" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert not Acknowledgement.objects.exists()
    ticked = {"notice": re.findall(r'name="notice" value="(\d+)"', shown.content.decode())}
    form = {"answer": "acknowledge", "reason": "mine", **ticked}
    assert visitor.post(link_of(delivery), form).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown.content.decode())
    assert token
    done = visitor.post(link_of(delivery), {**form, "csrfmiddlewaretoken": token[1]})
    assert "Thank you" in done.content.decode()
    assert delivery.channel.name in Acknowledgement.objects.get().by


def test_link_answers_for_what_is_ticked_alone() -> None:
    make_certificate(timezone.now() + 4 * DAY, name="mail")
    make_webhook()
    make_certificate(timezone.now() + 5 * DAY, name="shop")
    run_scan(SYSTEM)
    shop = Notice.objects.get(is_open=True, subject_name="shop")
    form = {"answer": "7d", "reason": "mine", "notice": [str(shop.pk), "999999"]}
    Client().post(link_of(Delivery.objects.get()), form)
    assert Acknowledgement.objects.get().subject_id == shop.subject_id
    nothing = Client().post(link_of(Delivery.objects.get()), {"answer": "acknowledge", "reason": "mine"})
    assert nothing.status_code == 422


def test_link_that_has_expired_or_was_changed_opens_nothing(clock: time_machine.Traveller) -> None:
    _notice, delivery = told_notice()
    link = link_of(delivery)
    assert Client().get(link[:-3] + "AA/").status_code == 404
    clock.shift(dt.timedelta(days=30, minutes=1))
    expired = Client().get(link)
    assert expired.status_code == 404
    assert "expired" in expired.content.decode()


def test_link_of_a_message_that_is_over_says_so() -> None:
    _notice, delivery = told_notice()
    Notice.objects.update(is_open=False)
    assert "Nothing is open" in Client().get(link_of(delivery)).content.decode()
    delivery.delete()
    assert Client().get(link_of(delivery)).status_code == 404


def test_owner_field_offers_contacts_and_groups(page: Client) -> None:
    create_contact(SYSTEM, name="Ana", email="ana@example.test")
    certificate = make_certificate(timezone.now() + 50 * DAY)
    for address in (reverse("certificate-edit", args=[certificate.pk]), reverse("certificate-list")):
        assert '<option value="Ana">' in page.get(address).content.decode()
