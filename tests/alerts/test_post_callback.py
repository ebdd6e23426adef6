"""What goes to a form callback, shaped as the cloud's monitor posts it."""

import json
from urllib.parse import parse_qsl

import pytest
from django.utils import timezone

from alerts.models import Channel, Delivery
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from alerts.services.channels import WithSecret, create_channel, rotate_secret
from alerts.services.resending import send_test
from alerts.transports.callback import SIGNATURES, TRIES, sign
from events.actor import SYSTEM
from tests.alerts.rows import DAY, allow_loopback, make_certificate
from tests.alerts.servers import Posted, Receiver, status

pytestmark = pytest.mark.django_db(transaction=True)


def make_callback(receiver: Receiver) -> WithSecret:
    allow_loopback()
    return create_channel(SYSTEM, kind="callback", name="monitor", target=receiver.url)


def fields_of(request: Posted) -> dict[str, str]:
    """Return the form that arrived."""
    assert request.headers["content-type"].startswith("application/x-www-form-urlencoded")
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))


def signed_part(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name not in SIGNATURES}


def test_alarm_has_the_fields_of_the_cloud(receiver: Receiver) -> None:
    made = make_callback(receiver)
    certificate = make_certificate(timezone.now() + 5 * DAY, name="shop 商店")
    run_scan(SYSTEM)
    send_due(3)
    fields = fields_of(receiver.requests[0])
    assert fields["alertName"] == "certificate.expiring"
    assert (fields["alertState"], fields["triggerLevel"], fields["curValue"]) == ("ALERT", "WARN", "5")
    assert (fields["instanceName"], fields["expression"]) == ("shop 商店", "$days_left<=7")
    assert json.loads(fields["dimensions"]) == [{"instanceId": certificate.pk, "instanceName": "shop 商店"}]
    assert fields["timestamp"].isdigit()
    for name in ("metricName", "metricProject", "namespace", "preTriggerLevel", "ruleId", "userId"):
        assert name in fields
    assert fields["signature"] == sign(made.secret, signed_part(fields))
    delivery = Delivery.objects.get()
    assert (delivery.state, fields["messageId"]) == (Delivery.State.SENT, str(delivery.key))


def test_test_pages_nobody(receiver: Receiver) -> None:
    send_test(SYSTEM, make_callback(receiver).channel.pk)
    assert fields_of(receiver.requests[0])["alertState"] == "INSUFFICIENT_DATA"


def test_both_secrets_sign_during_a_rotation(receiver: Receiver) -> None:
    old = make_callback(receiver)
    new = rotate_secret(SYSTEM, old.channel.pk)
    send_test(SYSTEM, old.channel.pk)
    fields = fields_of(receiver.requests[0])
    assert fields["signature"] == sign(new.secret, signed_part(fields))
    assert fields["previousSignature"] == sign(old.secret, signed_part(fields))


def test_overload_is_tried_three_times_at_once(receiver: Receiver) -> None:
    receiver.answer = status(502)
    delivery = send_test(SYSTEM, make_callback(receiver).channel.pk)
    assert delivery.state == Delivery.State.FAILED
    assert len(receiver.requests) == TRIES
    assert len({request.body for request in receiver.requests}) == 1


@pytest.mark.parametrize("code", [400, 410])
def test_refusal_for_good_is_tried_once(receiver: Receiver, code: int) -> None:
    receiver.answer = status(code)
    send_test(SYSTEM, make_callback(receiver).channel.pk)
    assert len(receiver.requests) == 1


def test_secret_is_in_no_log(receiver: Receiver) -> None:
    made = make_callback(receiver)
    delivery = send_test(SYSTEM, made.channel.pk)
    attempt = delivery.attempt_log.get()
    signature = fields_of(receiver.requests[0])["signature"]
    assert signature not in attempt.request
    assert made.secret not in attempt.request
    assert "alertState=INSUFFICIENT_DATA" in attempt.request
    assert Channel.objects.get().sealed_secret is not None
