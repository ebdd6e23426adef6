"""A storm of 500 notices while workers, beats, Redis and the database are killed at 200 random moments.

Every notice arrives. What arrives twice bears one id, and only where a sender lost its life, or its database, between
the receiver's yes and the note of it: of such an attempt the log has no end.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from alerts.models import AlertRule, AlertStep, Channel, Contact, ContactGroup, Delivery, DeliveryAttempt
from certificates.models import Certificate
from events.models import Notice
from tests.alerts.rows import DAY, make_certificate, make_webhook
from tests.alerts.servers import Mailbox, Receiver, answer_with, http_receiver, smtp_server
from tests.conformance.storm import DATABASE, ROLES, Storm, storm
from tests.waiting import wait_until

NOTICES = 500
KILL_POINTS = 200
LONGEST_PAUSE_SECONDS = 1.5
LONGEST_ANSWER_SECONDS = 0.4
BOOT_SECONDS = 20  # until a worker sends, on a busy machine
VICTIMS = ("worker-1", "worker-2", "beat-1", "beat-2", "redis", DATABASE)


@pytest.fixture(autouse=True)
def unblocked(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let the test use a database of its own."""
    with django_db_blocker.unblock():
        yield


def lay_ground(receiver: Receiver) -> None:
    """Have each certificate told to its owner alone, half of them by mail and half by a webhook."""
    rule = AlertRule.objects.get(is_default=True)
    rule.steps.all().delete()
    AlertStep.objects.create(rule=rule, to_owner=True)
    secret = make_webhook(receiver.url).sealed_secret
    for number in range(0, NOTICES, 2):
        contact = Contact.objects.create(name=f"owner-{number}", email=f"owner-{number}@example.test")
        Channel.objects.create(kind="email", name=contact.name, target=contact.email, contact=contact)
        group = ContactGroup.objects.create(name=f"owner-{number + 1}")
        group.channels.create(kind="webhook", name=group.name, target=receiver.url, sealed_secret=secret)


def feed(numbers: range) -> None:
    """Store certificates that end soon; the scan of the beats finds them."""
    for number in numbers:
        name = f"certificate-{number}"
        if Certificate.objects.filter(name=name).exists():
            continue  # stored before the kill
        with transaction.atomic():
            certificate = make_certificate(timezone.now() + 5 * DAY, name=name)
            Certificate.objects.filter(pk=certificate.pk).update(owner=f"owner-{number}")


def persistently(work: Callable[[], object]) -> None:
    """Do something with the database, again where a kill came between."""
    for _attempt in range(10):
        try:
            work()
        except Error:
            connection.close()
            time.sleep(0.5)
        else:
            return
    work()


def rage(site: Storm, chance: random.Random, arrived: Callable[[], int]) -> None:
    """Feed the storm and kill, 200 times; workers while something is being sent."""
    for point in range(KILL_POINTS):
        numbers = range(point * NOTICES // KILL_POINTS, (point + 1) * NOTICES // KILL_POINTS)
        persistently(lambda numbers=numbers: feed(numbers))  # type: ignore[misc]  # bound at once
        site.revive()
        victim = chance.choice(VICTIMS)
        if victim.startswith("worker"):
            _await_a_send(arrived)
            time.sleep(chance.uniform(0, LONGEST_ANSWER_SECONDS))
        else:
            time.sleep(chance.uniform(0, LONGEST_PAUSE_SECONDS))
        site.kill(victim)


def _await_a_send(arrived: Callable[[], int]) -> None:
    """Wait until a worker is sending; there may be nothing to send, too."""
    before = arrived()
    with suppress(TimeoutError):
        wait_until(lambda: arrived() > before, BOOT_SECONDS)


def all_told(site: Storm) -> bool:
    """Whether every notice is told, and no message is left."""
    site.revive()
    told = Notice.objects.filter(state=Notice.State.TOLD, is_open=True).count()
    print(f"{told} of {NOTICES} are told")  # noqa: T201
    return told == NOTICES and not Delivery.objects.exclude(state=Delivery.State.SENT).exists()


def copies(mailbox: Mailbox, receiver: Receiver) -> Counter[str]:
    """Return how often each message arrived, by its id."""
    mails = (str(mail["Message-ID"]).strip("<>").partition("@")[0] for _to, mail in mailbox.mails)
    return Counter([*mails, *receiver.ids])


def slowly(chance: random.Random) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return an answer that leaves time for a kill on both sides of it."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(chance.uniform(0, LONGEST_ANSWER_SECONDS))
        answer_with(handler, 204)

    return answer


@pytest.mark.conformance
def test_storm_of_kills_loses_no_notice_and_doubles_none_without_a_trace(tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")  # noqa: T201
    with http_receiver() as receiver, smtp_server() as mailbox:
        receiver.answer = slowly(random.Random(seed + 1))
        with storm(tmp_path, f"smtp://127.0.0.1:{mailbox.port}") as site:
            lay_ground(receiver)
            site.start_all()
            rage(site, random.Random(seed), lambda: len(receiver.requests) + len(mailbox.mails))
            persistently(lambda: wait_until(lambda: all_told(site), 600, interval=2))
            for name in ROLES[:4]:
                site.end(name)
            check(copies(mailbox, receiver))


def check(arrived: Counter[str]) -> None:
    """Fail unless every message arrived, and those that did more than once have attempts without an end."""
    sent = {str(key): pk for key, pk in Delivery.objects.values_list("key", "pk")}
    assert len(sent) == NOTICES
    assert set(arrived) == set(sent)
    doubled = {key: count for key, count in arrived.items() if count > 1}
    print(f"{len(doubled)} of {len(sent)} messages arrived more than once: {sorted(doubled.values())}")  # noqa: T201
    for key, count in doubled.items():
        attempts = DeliveryAttempt.objects.filter(delivery=sent[key])
        assert attempts.filter(finished_at=None).count() >= count - 1, (key, list(attempts.values()))
