"""What a message says: in its reader's language, with a link to answer, and with harmless headers."""

import pytest
from django.utils import timezone

from alerts.messages.composing import compose
from alerts.models import ContactGroup, Delivery
from alerts.scanning import run_scan
from alerts.sending.relevance import worth_telling
from alerts.services.contacts import create_contact
from alerts.transports.contract import Message
from alerts.transports.email import one_line
from events.actor import SYSTEM
from tests.alerts.rows import DAY, make_certificate, make_webhook

pytestmark = pytest.mark.django_db


def message_to(language: str, name: str = "shop.test") -> Message:
    """Return what a contact of the default group is told of a certificate that ends in five days."""
    group = ContactGroup.objects.get()
    create_contact(SYSTEM, name="Ana", email="ana@example.test", language=language, group_ids=[group.pk])
    make_certificate(timezone.now() + 5 * DAY, name=name)
    run_scan(SYSTEM)
    delivery = Delivery.objects.select_related("channel").get()
    return compose(delivery, worth_telling(delivery, timezone.now()))


@pytest.mark.parametrize(("language", "page"), [("", "en"), ("en", "en"), ("zh-hans", "zh-hans")])
def test_message_is_in_the_language_of_its_reader(language: str, page: str) -> None:
    message = message_to(language)
    assert f'<html lang="{page}">' in message.html
    assert ("expires in" in message.subject) == (page == "en")
    assert ("About to expire" in message.text) == (page == "en")


def test_message_has_one_link_to_answer_it_in_text_and_html() -> None:
    message = message_to("")
    for form in (message.text, message.html):
        assert form.count("/alerts/answer/") == 1


@pytest.mark.parametrize("name", ["shop\r\nBcc: eve@example.test", "\u202eten.elpmaxe", "a\u2028b", "\u2066x\u2069"])
def test_subject_is_one_line_that_runs_one_way(name: str) -> None:
    subject = one_line(message_to("", name).subject)
    assert subject.isprintable()
    assert subject == subject.strip()


@pytest.mark.parametrize("name", ["متجر.example", "Zoë 👩‍💻", "商店"])
def test_names_of_any_script_stay_whole(name: str) -> None:
    message = message_to("", name)
    assert name in message.subject
    assert name in one_line(message.subject)
    assert name in message.html


def test_member_of_a_chain_that_ends_is_named() -> None:
    make_webhook()
    now = timezone.now()
    make_certificate(now + 80 * DAY, name="shop", chain_not_after=now + 5 * DAY)
    run_scan(SYSTEM)
    delivery = Delivery.objects.select_related("channel").get()
    message = compose(delivery, worth_telling(delivery, now))
    assert "shop (a certificate of its chain: CN=Test Intermediate 0)" in message.text
    assert [item["chain_member"] for item in message.data["certificates"]] == ["CN=Test Intermediate 0"]
