"""What goes to a mail server, and what its answers lead to."""

import datetime as dt
import html
import re
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from alerts.messages.endings import soonest_endings
from alerts.models import Channel, Delivery
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from alerts.services.resending import resend_delivery, send_test
from alerts.transports.email import one_line
from authorities.models import Authority
from events.actor import SYSTEM
from events.models import Notice
from tests.alerts.rows import DAY, make_certificate, make_email
from tests.alerts.servers import Mailbox
from tests.authorities.rows import make_root
from tests.waiting import free_port

pytestmark = pytest.mark.django_db(transaction=True)
THREE = ("one@example.test", "two@example.test", "three@example.test")


def tell(*addresses: str, name: str = "shop") -> Delivery:
    """Scan with one certificate that ends soon, try to send, and return the delivery as it is then."""
    make_certificate(timezone.now() + 5 * DAY, name=name, names=("shop.test",))
    make_email(*addresses)
    run_scan(SYSTEM)
    return attempt()


def attempt() -> Delivery:
    """Let the time of the next attempt come, try, and return the one delivery."""
    Delivery.objects.filter(state=Delivery.State.PENDING).update(next_attempt_at=timezone.now())
    send_due(3)
    return Delivery.objects.get()


def test_mail_has_text_and_html_with_a_link(mailbox: Mailbox, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://lb.example.test"
    delivery = tell()
    assert delivery.state == Delivery.State.SENT
    ((recipients, mail),) = mailbox.mails
    assert recipients == ["ops@example.test"]
    assert mail["Subject"] == "shop expires in 4 days"
    for part in bodies(mailbox):
        assert "shop.test" in part
        assert re.search(r"https://lb\.example\.test/certificates/cert-\w{16}", part)
    assert mail["Auto-Submitted"] == "auto-generated"


def bodies(mailbox: Mailbox) -> list[str]:
    """Return text and HTML of the one mail."""
    ((_, mail),) = mailbox.mails
    parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
    return [part.get_content() for part in parts if part]


def old_root() -> Authority:
    """Return an authority of a year that ends in five days."""
    with time_machine.travel(timezone.now() - 360 * DAY):
        return make_root(days=365)


def test_an_authority_is_to_be_renewed_on_its_own_page(mailbox: Mailbox) -> None:
    authority = old_root()
    make_email()
    run_scan(SYSTEM)
    attempt()
    for body in bodies(mailbox):
        assert f"/authorities/{authority.pk}/" in body
        assert "Renew the certificate of a private authority" in html.unescape(body)
        assert "Replace" not in body
        assert f"/certificates/{authority.certificate_id}/" not in body


def test_a_mail_about_both_says_what_to_do_with_each(mailbox: Mailbox) -> None:
    old_root()
    tell()
    for body in bodies(mailbox):
        assert "Renew the certificate" in body
        assert "Replace a certificate" in body


@pytest.mark.parametrize(
    ("left", "colour"), [(-DAY, "red"), (DAY * 16 / 24, "red"), (5 * DAY, "amber"), (40 * DAY, "blue")]
)
def test_the_nearer_the_end_the_more_urgent_the_colour(left: dt.timedelta, colour: str) -> None:
    now = timezone.now()
    make_certificate(now + left)
    (ending,) = soonest_endings(1, now)
    assert ending.colour == colour


def test_message_id_is_the_deliverys_key_on_every_attempt(mailbox: Mailbox) -> None:
    mailbox.on_data = lambda: "451 try later"
    delivery = tell()
    assert delivery.state == Delivery.State.PENDING
    mailbox.on_data = lambda: None
    attempt()
    ((_, mail),) = mailbox.mails
    assert mail["Message-ID"] == f"<{delivery.key}@localhost>"


def test_one_of_three_refused_leaves_the_others_served(mailbox: Mailbox) -> None:
    mailbox.on_rcpt = lambda address: "550 no such user" if address.startswith("two") else None
    delivery = tell(*THREE)
    assert delivery.state == Delivery.State.SENT
    assert mailbox.mails[0][0] == ["one@example.test", "three@example.test"]
    assert "Refused for two@example.test: 550 no such user" in delivery.last_answer
    assert delivery.settled_recipients["two@example.test"] == "550 no such user"


def test_one_of_three_greylisted_gets_it_later_and_nobody_twice(mailbox: Mailbox) -> None:
    mailbox.on_rcpt = lambda address: "451 greylisted" if address.startswith("two") else None
    delivery = tell(*THREE)
    assert delivery.state == Delivery.State.PENDING
    mailbox.on_rcpt = lambda address: None
    assert attempt().state == Delivery.State.SENT
    assert [recipients for recipients, _ in mailbox.mails] == [
        ["one@example.test", "three@example.test"],
        ["two@example.test"],
    ]


def test_all_refused_is_a_failure(mailbox: Mailbox) -> None:
    mailbox.on_rcpt = lambda address: "550 no such user"
    delivery = tell(*THREE)
    assert delivery.state == Delivery.State.FAILED
    assert Notice.objects.filter(state=Notice.State.TOLD).count() == 0


def test_resending_a_failure_asks_refused_recipients_again(mailbox: Mailbox) -> None:
    mailbox.on_rcpt = lambda address: "550 no such user"
    delivery = tell(*THREE)
    mailbox.on_rcpt = lambda address: None
    resend_delivery(SYSTEM, delivery.key)
    assert attempt().state == Delivery.State.SENT
    assert mailbox.mails[0][0] == list(THREE)


def test_server_that_drops_in_data_is_tried_again(mailbox: Mailbox) -> None:
    mailbox.on_data = lambda: "drop"
    assert tell().state == Delivery.State.PENDING
    mailbox.on_data = lambda: None
    assert attempt().state == Delivery.State.SENT
    assert len(mailbox.mails) == 1


def test_refused_content_is_a_failure(mailbox: Mailbox) -> None:
    mailbox.on_data = lambda: "554 looks like spam"
    delivery = tell()
    assert delivery.state == Delivery.State.FAILED
    assert "554 looks like spam" in delivery.last_error


def test_server_that_is_down_is_tried_again(mailbox: Mailbox, settings: Settings) -> None:
    settings.EMAIL_PORT = free_port()
    delivery = tell()
    assert delivery.state == Delivery.State.PENDING
    assert "could not be reached" in delivery.last_error


def test_name_cannot_inject_a_header(mailbox: Mailbox) -> None:
    tell(name="shop\r\nBcc: thief@example.test\r\n\r\n<b>hi</b>")
    ((recipients, mail),) = mailbox.mails
    assert recipients == ["ops@example.test"]
    assert mail["Bcc"] is None
    assert mail["Subject"] == "shop Bcc: thief@example.test <b>hi</b> expires in 4 days"
    html = mail.get_body(("html",))
    assert html is not None
    assert "<b>hi</b>" not in html.get_content()


def test_emoji_and_right_to_left_names_arrive(mailbox: Mailbox) -> None:
    tell(name="\u202eمتجر 🔒")
    assert mailbox.mails[0][1]["Subject"] == "متجر 🔒 expires in 4 days"


def test_digest_lists_fifty_and_counts_the_rest(mailbox: Mailbox) -> None:
    for number in range(60):
        make_certificate(timezone.now() - (number + 1) * DAY, name=f"expired-{number}")
    make_email()
    run_scan(SYSTEM)
    attempt()
    ((_, mail),) = mailbox.mails
    assert mail["Subject"] == "expired-59 expired 60 days ago, and 59 more certificates"
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().count("* expired-") == 50
    assert "And 10 more." in text.get_content()


def test_without_a_server_mail_is_a_file_and_the_log_says_so(settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    delivery = tell()
    assert delivery.state == Delivery.State.SENT
    (written,) = tmp_path.iterdir()
    assert "Subject: shop expires in 4 days" in written.read_text()
    assert str(written) in delivery.last_answer
    assert "EMAIL_URL" in delivery.last_answer


def test_test_mail_says_that_it_is_one(mailbox: Mailbox) -> None:
    channel = make_email(name="Operations")
    make_certificate(timezone.now() + 5 * DAY, name="shop")
    assert send_test(SYSTEM, channel.pk).state == Delivery.State.SENT
    ((_, mail),) = mailbox.mails
    assert mail["Subject"] == "Test: the channel Operations works"
    text = mail.get_body(("plain",))
    assert text is not None
    assert "shop" in text.get_content()
    assert Channel.objects.get().last_sent_at is not None


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\r\nb", "a b"), ("a\x00\x85b", "a b"), ("\u202eabc", "abc"), ("a\u2028b", "ab"), ("  a  b ", "a b")],
)
def test_one_line_keeps_only_what_a_header_may_hold(text: str, line: str) -> None:
    assert one_line(text) == line
