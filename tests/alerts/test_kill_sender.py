"""Worker, beat and Redis as real processes, killed at every point: what arrives is counted exactly."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import redis
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from alerts.models import Channel, Delivery
from alerts.scanning import run_scan
from alerts.sending.deliveries import take_lease
from events.actor import SYSTEM
from tests.alerts.processes import Installation, installation
from tests.alerts.rows import make_certificate, make_email, make_webhook
from tests.alerts.servers import Mailbox, Receiver, answer_with, smtp_server
from tests.waiting import wait_until

Maker = Callable[[], object]


def seed(site: Installation, *channels: Maker, certificates: int = 1) -> None:
    """Store certificates that end soon, and channels; the scan of the beat finds them."""
    with site.opened():
        for number in range(certificates):
            make_certificate(timezone.now() + dt.timedelta(days=5), name=f"certificate-{number}")
        for make in channels:
            make()


def webhook(receiver: Receiver) -> Maker:
    return lambda: make_webhook(receiver.url)


def all_sent(site: Installation, count: int = 1) -> Callable[[], bool]:
    return lambda: site.states() == {"sent": count}


def send_another(site: Installation) -> None:
    """Write a second message and wait until it is sent: whatever would be doubled has been by then."""
    with site.opened():
        now = timezone.now()
        Delivery.objects.create(channel=Channel.objects.get(), kind="test", next_attempt_at=now, created_at=now)
    wait_until(all_sent(site, 2), 90)


@pytest.fixture(autouse=True)
def unblocked(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let the tests use databases of their own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def site(tmp_path: Path, empty_database: Path) -> Iterator[Installation]:
    with installation(tmp_path, empty_database) as made:
        yield made


@pytest.fixture
def post() -> Iterator[Mailbox]:
    with smtp_server() as running:
        yield running


class Gate:
    """Hold the first request until it is opened, so that a sender can be killed in the middle of it."""

    def __init__(self, then: Callable[[BaseHTTPRequestHandler], None]) -> None:
        self.reached, self.opened, self.then = threading.Event(), threading.Event(), then

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        first = not self.reached.is_set()
        self.reached.set()
        if first:
            self.opened.wait(30)
        self.then(handler)


@pytest.mark.conformance
def test_two_beats_and_two_workers_send_one_message(site: Installation, receiver: Receiver) -> None:
    seed(site, webhook(receiver), certificates=3)
    site.start_both()
    site.start_both()
    wait_until(all_sent(site), 90)
    send_another(site)
    assert len(receiver.requests) == len(set(receiver.ids)) == 2


@pytest.mark.conformance
def test_worker_killed_before_it_sends_loses_and_doubles_nothing(site: Installation, receiver: Receiver) -> None:
    seed(site, webhook(receiver))
    site.start_beat()
    # A lease that was just taken, by a sender that ends before its first byte.
    with site.opened():
        run_scan(SYSTEM)
        take_lease(Delivery.objects.get().pk)
    assert site.states() == {"sending": 1}
    site.start_worker()
    wait_until(all_sent(site), 90)
    assert len(receiver.requests) == 1


def test_worker_killed_in_the_send_sends_again_with_the_same_id(site: Installation, receiver: Receiver) -> None:
    gate = receiver.answer = Gate(lambda handler: answer_with(handler, 200))
    seed(site, webhook(receiver))
    worker = site.start_both()
    assert gate.reached.wait(90)
    site.kill(worker)
    gate.opened.set()
    site.start_both()
    wait_until(all_sent(site), 90)
    # The receiver had the first request and was asked again: the documented case, told by one id.
    assert len(receiver.requests) == 2
    assert len(set(receiver.ids)) == 1


@pytest.mark.conformance
def test_worker_killed_after_the_result_is_written_sends_nothing_more(site: Installation, receiver: Receiver) -> None:
    seed(site, webhook(receiver))
    site.start_beat()
    worker = site.start_worker()
    wait_until(all_sent(site), 90)
    site.kill(worker)
    site.start_worker()
    send_another(site)
    assert len(receiver.requests) == len(set(receiver.ids)) == 2


@pytest.mark.conformance
def test_worker_killed_between_recipient_and_data_mails_once(
    tmp_path: Path, empty_database: Path, post: Mailbox
) -> None:
    with installation(tmp_path, empty_database, f"smtp://127.0.0.1:{post.port}") as site:
        reached = threading.Event()

        def on_rcpt(address: str) -> str | None:
            if reached.is_set():
                return None
            reached.set()
            site.kill(worker)  # in the middle of the conversation, before any content
            return "451 the sender is gone"

        post.on_rcpt = on_rcpt
        seed(site, make_email)
        site.start_beat()
        worker = site.start_worker()
        assert reached.wait(90)
        site.start_worker()
        wait_until(all_sent(site), 90)
    assert len(post.mails) == 1


@pytest.mark.conformance
def test_worker_killed_before_the_servers_yes_mails_again_with_the_same_id(
    tmp_path: Path, empty_database: Path, post: Mailbox
) -> None:
    with installation(tmp_path, empty_database, f"smtp://127.0.0.1:{post.port}") as site:
        reached = threading.Event()

        def on_data() -> str | None:
            if not reached.is_set():
                reached.set()
                site.kill(worker)
            return None

        post.on_data = on_data
        seed(site, make_email)
        site.start_beat()
        worker = site.start_worker()
        assert reached.wait(90)
        site.start_worker()
        wait_until(all_sent(site), 90)
    assert len(post.mails) == 2
    assert len({mail["Message-ID"] for _, mail in post.mails}) == 1


def test_flushed_redis_loses_nothing(site: Installation, receiver: Receiver) -> None:
    seed(site, webhook(receiver))
    site.start_beat()
    client = redis.Redis.from_url(site.redis_url)
    wait_until(lambda: client.llen("celery"), 90)
    client.flushall()
    client.close()
    site.start_worker()
    wait_until(all_sent(site), 90)
    assert len(receiver.requests) == 1
