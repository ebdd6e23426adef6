"""Messages in the operators' own words: names that stand for something, harmless in every form."""

import json
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from alerts.messages.wording import NAMES, checked_template
from alerts.models import Channel, Delivery
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from alerts.services.channels import create_channel, preview_message, update_channel
from alerts.services.resending import send_test
from alerts.transports.webhook import event
from console.errors import DomainError, InvalidInputError
from events.actor import SYSTEM
from tests.alerts.rows import DAY, NOW, make_certificate, make_email, make_webhook

pytestmark = pytest.mark.django_db
HTML = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("subject_template", "$lines end", "“$lines” is none of the names"),
        ("text_template", "${owner.password}", "begins no name"),
        ("text_template", "${__class__}", "“$__class__” is none of the names"),
        ("text_template", "costs 5 $", "begins no name"),
        ("text_template", "{{ settings.SECRET_KEY }} $secret", "“$secret” is none"),
        ("subject_template", "a\r\nBcc: eve@example.test", "without control characters"),
        ("text_template", "\u202egnirts", "without control characters"),
        ("subject_template", "x" * 201, "At most 200"),
        ("text_template", "x" * 4001, "At most 4000"),
    ],
)
def test_template_that_cannot_be_right_is_refused(field: str, text: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        checked_template(field, text)
    assert said in str(refusal.value)
    assert refusal.value.field == field


def test_mail_is_in_own_words_and_escaped(clock: time_machine.Traveller) -> None:
    make_certificate(NOW + 5 * DAY, name=f"shop $text {HTML}")
    channel = make_email("a@example.test")
    text = f"{HTML}\n$lines\n$$5 {{{{ 7 }}}}"
    update_channel(SYSTEM, channel.pk, subject_template="[PROD] $count: $name ends $ends", text_template=text)
    run_scan(SYSTEM)
    send_due(10)
    (sent,) = mail.outbox
    assert sent.subject == f"[PROD] 1: shop $text {HTML} ends {NOW + 5 * DAY:%Y-%m-%d %H:%M}"
    assert "$text" in str(sent.body)  # what is filled in is no template again
    assert "$5 {{ 7 }}" in str(sent.body)
    html = str(sent.alternatives[0][0])  # type: ignore[attr-defined]
    assert HTML not in html
    assert "&lt;script&gt;" in html
    assert "/alerts/answer/" in html


def test_preview_is_the_message_that_a_test_sends(clock: time_machine.Traveller) -> None:
    every = " ".join(f"{name}=${name}" for name in NAMES)
    channel = make_email("a@example.test")
    update_channel(SYSTEM, channel.pk, text_template=every)
    send_test(SYSTEM, channel.pk)
    seen = preview_message(channel.pk, {})
    assert "$" not in seen.text
    links = 2  # each with the key of its own message
    assert seen.text.splitlines()[0] == str(mail.outbox[0].body).splitlines()[0]
    assert str(mail.outbox[0].body).count("/alerts/deliveries/") == seen.text.count("/alerts/deliveries/") == links


def test_event_carries_own_words_beside_its_data() -> None:
    channel = make_webhook()
    plain = body_of(channel)
    own = body_of(update_channel(SYSTEM, channel.pk, subject_template="Ops: $subject"))
    assert "subject" not in plain
    assert own["subject"].startswith("Ops: ")
    assert own["text"]
    assert own["data"] == plain["data"]


def body_of(channel: Channel) -> dict[str, Any]:
    """Return the event that a webhook would post."""
    request = event(channel, preview_message(channel.pk, {})).request
    found: dict[str, Any] = json.loads(request[request.index("{") :])
    return found


def test_form_callback_has_no_words() -> None:
    with pytest.raises(DomainError, match="no words of its own"):
        create_channel(SYSTEM, kind="callback", name="cb", target="https://a.example/", text_template="x")
    assert not Channel.objects.exists()


def test_page_shows_the_real_message_and_names_what_is_unknown(admin_client: Client) -> None:
    channel = make_email("a@example.test")
    path = f"/alerts/channels/{channel.pk}/words/"
    assert "$answer_url" in admin_client.get(path).content.decode()
    tried = admin_client.post(path, {"preview": "1", "subject_template": "Ops: $count", "text_template": ""})
    assert "<strong>Ops: " in tried.content.decode()
    unknown = admin_client.post(path, {"subject_template": "$who", "text_template": "", "revision": "1"})
    assert (unknown.status_code, "“$who” is none of the names" in unknown.content.decode()) == (422, True)
    saved = admin_client.post(path, {"subject_template": "Ops: $count", "text_template": "", "revision": "1"})
    assert saved.status_code == 302
    assert Channel.objects.get().subject_template == "Ops: $count"
    assert not Delivery.objects.exists()


def test_rest_sets_and_previews_own_words_and_the_default_group(admin_client: Client) -> None:
    body = {"kind": "email", "name": "ops", "target": "a@example.test", "in_default_group": False}
    made = admin_client.post("/api/v1/channels", {**body, "subject_template": "$count"}, "application/json")
    assert (made.status_code, made.json()["subject_template"]) == (201, "$count")
    assert not Channel.objects.get().groups.exists()
    path = f"/api/v1/channels/{made.json()['id']}"
    seen = admin_client.post(f"{path}/preview", {"text_template": "$$ $channel"}, "application/json").json()
    assert (seen["text"], seen["html"] != "") == ("$ ops\n", True)
    refused = admin_client.post(f"{path}/preview", {"text_template": "$who"}, "application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "channel.invalid-text-template")
