"""Ten thousand certificates that end at once are one mail and one event, of a size and memory that do not grow."""

import datetime as dt
import json
import tracemalloc
from collections.abc import Iterator

import pytest
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from alerts.messages.contents.content import MOST_IN_EVENT, MOST_IN_MAIL
from alerts.models import Delivery
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from certificates.keys import unseal
from certificates.models import Certificate, CertificateName, CertificateVersion, Kind
from events.actor import SYSTEM
from tests.alerts.rows import make_email, make_webhook, version_row
from tests.alerts.servers import Mailbox, Receiver, http_receiver, smtp_server

pytestmark = [pytest.mark.conformance, pytest.mark.django_db(transaction=True)]
COUNT = 10_000
NAMES_EACH = 20
LARGEST_MAIL_BYTES = 200_000
LARGEST_EVENT_BYTES = 1_000_000
MOST_MEMORY_BYTES = 64 * 2**20


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with http_receiver() as running:
        yield running


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with smtp_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = running.host, running.port
        yield running


def store_expired(count: int) -> None:
    """Store certificates with many long names that all ended a minute ago."""
    end = timezone.now() - dt.timedelta(minutes=1)
    certificates = Certificate.objects.bulk_create(
        Certificate(name=f"expired-{number:05}", kind=Kind.SERVER, not_after=end, created_by="alice")
        for number in range(count)
    )
    versions = CertificateVersion.objects.bulk_create(version_row(row, 1, end) for row in certificates)
    for certificate, version in zip(certificates, versions, strict=True):
        certificate.current_version = version
    Certificate.objects.bulk_update(certificates, ["current_version"], batch_size=500)
    CertificateName.objects.bulk_create(
        [
            CertificateName(version=version, kind="dns", value=f"{'very-' * 8}long-{number}.{version.common_name}.test")
            for version in versions
            for number in range(NAMES_EACH)
        ],
        batch_size=5000,
    )


def test_ten_thousand_that_expired_at_once_make_one_mail_and_one_event(mailbox: Mailbox, receiver: Receiver) -> None:
    make_email("ops@example.test", "night@example.test")
    secret = unseal(bytes(make_webhook(receiver.url).sealed_secret or b"")).decode()
    store_expired(COUNT)
    tracemalloc.start()
    scan = run_scan(SYSTEM)
    sent = send_due(300)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (scan.notices_made, scan.deliveries_made, sent) == (COUNT, 2, 2)
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.SENT}
    [(recipients, mail)] = mailbox.mails
    [request] = receiver.requests
    data = json.loads(request.body)["data"]
    Webhook(secret).verify(request.body, request.headers)
    assert sorted(recipients) == ["night@example.test", "ops@example.test"]
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().count("expired-") >= MOST_IN_MAIL
    assert (data["total"], len(data["certificates"])) == (COUNT, MOST_IN_EVENT)
    assert len(mail.as_bytes()) < LARGEST_MAIL_BYTES
    assert len(request.body) < LARGEST_EVENT_BYTES
    assert peak < MOST_MEMORY_BYTES

    assert run_scan(SYSTEM).deliveries_made == 0
    assert send_due(1) == 0
    assert len(mailbox.mails) == len(receiver.requests) == 1
