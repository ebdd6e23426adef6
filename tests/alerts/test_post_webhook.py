"""What goes to a webhook's receiver, and what its answers lead to."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from alerts.models import Channel, Delivery
from alerts.scanning import run_scan
from alerts.selectors.health import health
from alerts.sending.attempts import attempts_of
from alerts.sending.backoff import DELAYS_SECONDS
from alerts.sending.deliveries import send_due
from alerts.services.channels import rotate_secret
from alerts.services.resending import send_test
from alerts.transports.signing import forget_previous_secrets
from certificates.keys import unseal
from console.errors import InvalidInputError
from events.actor import SYSTEM
from events.models import Change, Notice
from tests.alerts.rows import DAY, make_certificate, make_email, make_webhook
from tests.alerts.servers import Posted, Receiver, answer_with, drip, status
from tests.certs import make_leaf

pytestmark = pytest.mark.django_db(transaction=True)


def secret_of(channel: Channel) -> str:
    channel.refresh_from_db()
    assert channel.sealed_secret is not None
    return unseal(channel.sealed_secret).decode()


def tell(receiver: Receiver) -> Delivery:
    """Scan with one certificate that ends soon, try to send, and return the delivery as it is then."""
    make_certificate(timezone.now() + 5 * DAY, name="shop", names=("shop.test", "www.shop.test"))
    make_webhook(receiver.url)
    run_scan(SYSTEM)
    send_due(3)
    return Delivery.objects.get()


def due_again() -> None:
    """Let the time of the next attempt come."""
    Delivery.objects.filter(state=Delivery.State.PENDING).update(next_attempt_at=timezone.now())


def test_event_says_which_certificate_ends_and_when(receiver: Receiver) -> None:
    delivery = tell(receiver)
    assert delivery.state == Delivery.State.SENT
    event = json.loads(receiver.requests[0].body)
    assert event["type"] == "certificate.expiring"
    assert event["data"]["total"] == 1
    (certificate,) = event["data"]["certificates"]
    assert certificate["name"] == "shop"
    assert certificate["names"] == ["shop.test", "www.shop.test"]
    assert certificate["threshold_hours"] == 168
    assert certificate["state"] == "expiring"
    assert Notice.objects.filter(state=Notice.State.TOLD).count() == 1


def test_signature_is_that_of_standard_webhooks(receiver: Receiver) -> None:
    delivery = tell(receiver)
    (request,) = receiver.requests
    headers = request.headers
    secret = secret_of(delivery.channel)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert Webhook(secret).verify(request.body, headers)["type"] == "certificate.expiring"
    assert headers["webhook-id"] == str(delivery.key)


def test_answer_with_bytes_that_no_column_takes_is_kept_without_them(receiver: Receiver) -> None:
    receiver.answer = status(200, b"taken\x00\xff")
    delivery = tell(receiver)
    assert (delivery.state, delivery.attempts) == (Delivery.State.SENT, 1)
    assert delivery.last_answer == "HTTP 200 taken\ufffd\ufffd"


def rotated(receiver: Receiver, overlap_hours: int = 24) -> tuple[Channel, str, str]:
    """Return a channel after a rotation with its old and its new secret."""
    channel = make_webhook(receiver.url)
    old = secret_of(channel)
    return channel, old, rotate_secret(SYSTEM, channel.pk, overlap_hours=overlap_hours).secret


def is_signed_with(secret: str, request: Posted) -> bool:
    try:
        Webhook(secret).verify(request.body, request.headers)
    except WebhookVerificationError:
        return False
    return True


def test_both_secrets_sign_for_a_day_after_a_rotation(receiver: Receiver) -> None:
    channel, old, new = rotated(receiver)
    send_test(SYSTEM, channel.pk)
    assert is_signed_with(new, receiver.requests[0])
    assert is_signed_with(old, receiver.requests[0])
    assert len(receiver.requests[0].headers["webhook-signature"].split(" ")) == 2
    with time_machine.travel(timezone.now() + dt.timedelta(hours=25)):
        send_test(SYSTEM, channel.pk)
        assert is_signed_with(new, receiver.requests[1])
        assert not is_signed_with(old, receiver.requests[1])
        assert forget_previous_secrets(timezone.now()) == 1
    assert Channel.objects.get().sealed_previous_secret is None


def test_rotation_without_overlap_ends_the_old_secret_at_once(receiver: Receiver) -> None:
    channel, old, new = rotated(receiver, overlap_hours=0)
    send_test(SYSTEM, channel.pk)
    assert is_signed_with(new, receiver.requests[0])
    assert not is_signed_with(old, receiver.requests[0])


@pytest.mark.parametrize("hours", [-1, 169, 10_000])
def test_overlap_of_secrets_is_a_week_at_most(receiver: Receiver, hours: int) -> None:
    channel = make_webhook(receiver.url)
    with pytest.raises(InvalidInputError):
        rotate_secret(SYSTEM, channel.pk, overlap_hours=hours)
    assert Channel.objects.get().revision == 1


def test_each_attempt_is_logged_without_its_signature(receiver: Receiver) -> None:
    receiver.answer = status(503, b"overloaded")
    delivery = tell(receiver)
    receiver.answer = status(200, b"<html>thanks</html>")
    due_again()
    send_due(3)
    first, second = attempts_of(delivery)
    assert [(each.number, each.succeeded) for each in (first, second)] == [(1, False), (2, True)]
    assert (first.answer, second.answer) == ("HTTP 503 overloaded", "HTTP 200 <html>thanks</html>")
    assert "503" in first.error
    assert first.request.startswith(f"POST {receiver.url}\n")
    assert f"webhook-id: {delivery.key}" in first.request
    assert first.milliseconds is not None
    for request in receiver.requests:
        assert request.headers["webhook-signature"] not in first.request + second.request


def test_failure_of_days_is_final_shown_and_told_through_another_channel(
    receiver: Receiver, clock: time_machine.Traveller
) -> None:
    receiver.answer = status(500)
    other = make_email()
    channel = make_webhook(receiver.url, name="pager")
    make_certificate(timezone.now() + 5 * DAY)
    run_scan(SYSTEM)
    delivery = channel.deliveries.get()
    while delivery.state == Delivery.State.PENDING:
        clock.move_to(delivery.next_attempt_at)
        send_due(3)
        delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (Delivery.State.FAILED, len(DELAYS_SECONDS) + 1)
    assert attempts_of(delivery).count() == delivery.attempts
    assert other.deliveries.filter(kind=Delivery.Kind.CHANNEL).count() == 1
    assert [found.name for found in health().failing_channels] == ["pager"]


def test_retry_has_the_same_id_and_arrives(receiver: Receiver) -> None:
    receiver.answer = status(503, b"overloaded")
    delivery = tell(receiver)
    assert delivery.state == Delivery.State.PENDING
    assert delivery.next_attempt_at > timezone.now()
    assert "503" in delivery.last_error
    assert delivery.last_answer == "HTTP 503 overloaded"
    receiver.answer = status(200)
    due_again()
    send_due(3)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (Delivery.State.SENT, 2)
    assert receiver.ids == [str(delivery.key)] * 2


def test_retry_after_is_respected(receiver: Receiver) -> None:
    receiver.answer = status(429, Retry_After="3600")
    delivery = tell(receiver)
    assert delivery.next_attempt_at > timezone.now() + dt.timedelta(minutes=55)


@pytest.mark.parametrize("code", [400, 413, 422])
def test_refused_content_is_not_tried_again(receiver: Receiver, code: int) -> None:
    receiver.answer = status(code)
    assert tell(receiver).state == Delivery.State.FAILED


def test_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answer = status(302, Location=receiver.url + "/elsewhere")
    delivery = tell(receiver)
    assert delivery.state == Delivery.State.FAILED
    assert "redirect" in delivery.last_error
    assert [request.path for request in receiver.requests] == ["/hook"]


def test_gone_receiver_switches_the_channel_off_and_says_so(receiver: Receiver) -> None:
    other = make_email()
    receiver.answer = status(410)
    make_certificate(timezone.now() + 5 * DAY)
    channel = make_webhook(receiver.url, name="pager")
    run_scan(SYSTEM)
    send_due(3)
    channel.refresh_from_db()
    assert not channel.enabled
    assert "410" in channel.disabled_reason
    assert Change.objects.filter(kind="channel.disabled", object_id=channel.pk).count() == 1
    assert other.deliveries.filter(kind=Delivery.Kind.CHANNEL).count() == 1


def test_answer_that_drips_is_cut_off_after_five_seconds_in_all(receiver: Receiver) -> None:
    receiver.answer = drip
    delivery = tell(receiver)
    assert delivery.state == Delivery.State.PENDING
    assert "5 seconds" in delivery.last_error


def test_endless_answer_is_read_no_further_than_the_log_needs(receiver: Receiver) -> None:
    sent = 0

    def flood(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65_536)
            sent += 65_536

    receiver.answer = flood
    delivery = tell(receiver)
    assert delivery.state == Delivery.State.SENT
    assert len(delivery.last_answer) == 2000
    assert sent < 50_000_000


def test_answer_that_is_no_text_is_kept_readable(receiver: Receiver) -> None:
    receiver.answer = status(200, b"\xff\xfe\x00<html>")
    assert tell(receiver).last_answer.endswith("<html>")


def test_receiver_that_is_down_is_tried_again(receiver: Receiver) -> None:
    channel = make_webhook("http://127.0.0.1:9/nobody")
    make_certificate(timezone.now() + 5 * DAY)
    run_scan(SYSTEM)
    send_due(3)
    delivery = channel.deliveries.get()
    assert delivery.state == Delivery.State.PENDING
    assert "No answer" in delivery.last_error


def test_untrusted_certificate_of_the_receiver_is_refused(tmp_path: Path) -> None:
    leaf = make_leaf("127.0.0.1")
    (tmp_path / "pem").write_bytes(leaf.key_pem + leaf.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append(self.path)
            answer_with(self, 200)

    class Quiet(HTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """The client refuses the handshake; that is the test."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        channel = make_webhook(f"https://127.0.0.1:{server.server_port}/")
        result = send_test(SYSTEM, channel.pk)
        thread.join()
    assert result.state == Delivery.State.FAILED
    assert "CERTIFICATE_VERIFY_FAILED" in result.last_error
    assert requests == []


def test_test_message_is_marked_and_tried_once(receiver: Receiver) -> None:
    channel = make_webhook(receiver.url)
    assert send_test(SYSTEM, channel.pk).state == Delivery.State.SENT
    event = json.loads(receiver.requests[0].body)
    assert (event["type"], event["data"]["test"]) == ("test", True)
    receiver.answer = status(500)
    assert send_test(SYSTEM, channel.pk).state == Delivery.State.FAILED
    channel.refresh_from_db()
    assert channel.failing_since is None


def test_ten_thousand_notices_make_an_event_of_bounded_size(receiver: Receiver) -> None:
    for number in range(600):
        make_certificate(timezone.now() - DAY, name=f"expired-{number}")
    make_webhook(receiver.url)
    run_scan(SYSTEM)
    send_due(3)
    data = json.loads(receiver.requests[0].body)["data"]
    assert (data["total"], len(data["certificates"])) == (600, 500)
