"""Lists that end, have ended or cannot be fetched are told once; a newer list settles it."""

import datetime as dt
import json
from typing import Any

import pytest
import time_machine

from alerts.models import Delivery
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from alerts.sources.lists import warning_hours
from certificates.models import Kind, RevocationList
from events.actor import SYSTEM
from events.models import Notice
from tests.alerts.rows import DAY, NOW, make_certificate, make_email, make_webhook
from tests.alerts.servers import Mailbox, Receiver

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = dt.timedelta(hours=1)


def make_row(**fields: Any) -> RevocationList:
    """Store a list that lives from yesterday to four days after it."""
    certificate = make_certificate(NOW + 900 * DAY, kind=Kind.CA, name="Clients")
    given = {
        "source": "uploaded",
        "issuer": "CN=Clients",
        "issuer_spki_sha256": "1",
        "sha256": "a" * 64,
        "this_update": NOW - DAY,
        "next_update": NOW + 3 * DAY,
        "fetched_at": NOW - DAY,
        "created_by": "alice",
    }
    return RevocationList.objects.create(certificate=certificate, **given | fields)


def ledger() -> list[tuple[str, int, str, bool]]:
    """Return kind, threshold, state and openness of every notice, oldest first."""
    rows = Notice.objects.order_by("id").values_list("subject_kind", "threshold_hours", "state", "is_open")
    return list(rows)


def test_list_is_told_in_the_last_quarter_of_its_life_and_at_its_end(clock: time_machine.Traveller) -> None:
    make_row()
    run_scan(SYSTEM)
    assert ledger() == []
    clock.move_to(NOW + 2 * DAY)
    for _ in range(2):
        run_scan(SYSTEM)
    assert ledger() == [("crl", 24, "due", True)]
    clock.move_to(NOW + 3 * DAY)
    run_scan(SYSTEM)
    assert sorted(ledger()) == [("crl", 0, "due", True), ("crl", 24, "superseded", False)]


def test_newer_list_settles_what_was_told(clock: time_machine.Traveller) -> None:
    row = make_row(next_update=NOW - HOUR)
    run_scan(SYSTEM)
    assert {is_open for *_rest, is_open in ledger()} == {True, False}
    RevocationList.objects.filter(pk=row.pk).update(sha256="b" * 64, next_update=NOW + 90 * DAY)
    run_scan(SYSTEM)
    assert {is_open for *_rest, is_open in ledger()} == {False}


def test_deleted_list_is_told_no_more(clock: time_machine.Traveller) -> None:
    row = make_row(next_update=NOW - HOUR)
    run_scan(SYSTEM)
    row.delete()
    run_scan(SYSTEM)
    assert not Notice.objects.filter(is_open=True).exists()


def test_address_that_fails_three_times_is_told_once(clock: time_machine.Traveller) -> None:
    row = make_row(source="url", url="http://crl.test/", next_update=NOW + 90 * DAY)
    for failures in (1, 2, 3, 9):
        RevocationList.objects.filter(pk=row.pk).update(failures=failures, last_problem="it answers 503")
        run_scan(SYSTEM)
    assert ledger() == [("crl-fetch", 0, "due", True)]
    RevocationList.objects.filter(pk=row.pk).update(failures=0, last_problem="", fetched_at=NOW)
    run_scan(SYSTEM)
    assert ledger() == [("crl-fetch", 0, "resolved", False)]
    RevocationList.objects.filter(pk=row.pk).update(failures=3, last_problem="it answers 503")
    run_scan(SYSTEM)
    assert len(ledger()) == 2


@pytest.mark.parametrize(
    ("life", "hours"), [(4 * HOUR, 1), (24 * HOUR, 6), (HOUR, 1), (28 * DAY, 168), (900 * DAY, 168)]
)
def test_warning_comes_a_quarter_of_its_life_before_a_list_ends(life: dt.timedelta, hours: int) -> None:
    assert warning_hours(NOW, NOW + life) == hours


def test_webhook_says_what_listeners_do(clock: time_machine.Traveller, receiver: Receiver) -> None:
    row = make_row(next_update=NOW - HOUR, when_expired="ignore")
    make_webhook(receiver.url)
    run_scan(SYSTEM)
    send_due(budget_seconds=20)
    event = json.loads(receiver.requests[0].body)
    assert event["type"] == "revocation_list.failing"
    (told,) = event["data"]["revocation_lists"]
    assert (told["id"], told["trouble"], told["when_expired"]) == (row.pk, "expired", "ignore")
    assert Delivery.objects.get().state == "sent"


def test_mail_says_what_listeners_do(clock: time_machine.Traveller, mailbox: Mailbox) -> None:
    make_row(next_update=NOW - HOUR)
    make_email("ops@example.test")
    run_scan(SYSTEM)
    send_due(budget_seconds=20)
    (_addresses, mail) = mailbox.mails[0]
    body = mail.get_body(("plain",))
    assert body
    text = f"{mail['subject']}\n{body.get_content()}"
    assert "The revocation list of Clients expired 1 hour ago" in text
    assert "refuse every client of this authority" in text


def test_problem_of_fetching_is_said_once(clock: time_machine.Traveller, mailbox: Mailbox) -> None:
    row = make_row(source="url", url="http://crl.test/", next_update=NOW + 90 * DAY)
    RevocationList.objects.filter(pk=row.pk).update(failures=3, last_problem="It answers 503.")
    make_email("ops@example.test")
    run_scan(SYSTEM)
    send_due(budget_seconds=20)
    (_addresses, mail) = mailbox.mails[0]
    assert mail["subject"] == "The revocation list of Clients cannot be fetched"
    body = mail.get_body(("html",))
    assert body
    assert "<p>It answers 503. Once it" in body.get_content()
