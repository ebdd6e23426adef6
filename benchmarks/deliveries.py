"""Deliver 10,000 messages to a receiver on this machine with four workers, on SQLite and PostgreSQL: seconds, doubles.

Workers and beat are Celery's own processes, with a Redis of their own; nothing of ours is left out: each message is
leased, composed, signed, posted over a connection of its own to an address that is checked, and logged with its try.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import django
from django.core.management import call_command

from benchmarks.databases import measured, tell
from benchmarks.processes import cpu_seconds, running
from benchmarks.receiver import Receiver
from benchmarks.report import publish, table
from tests.redis import redis_process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")
os.environ.setdefault("LBADMIN_DATA_DIR", tempfile.gettempdir() + "/lbadmin-bench-deliveries")
django.setup()

from alerts.models import Channel, Delivery, DeliveryNotice
from alerts.services.channels import create_channel
from alerts.services.ranges import allow_range
from certificates.models import Certificate, CertificateVersion
from events.actor import COMMAND, SYSTEM
from events.models import Notice
from tests.alerts.rows import version_row

MESSAGES = 10_000
WORKERS = 4
CHANNELS = 10
LONGEST_SECONDS = 600
HEADER = ("database", "messages", "workers", "seconds", "a second", "doubles", "CPU of the workers, ms a message")
CELERY = (sys.executable, "-m", "celery", "--quiet", "--app=lbadmin")
# As the service starts it, but for the number of threads: each of the four workers is a process with one.
WORKER = ("worker", "--pool=threads", "--concurrency=1", "--without-gossip", "--without-mingle", "--loglevel=WARNING")
BEAT = ("beat", "--pidfile=", "--loglevel=WARNING")


def main() -> None:
    """Run the campaign and publish it."""
    lines = measured("benchmarks.deliveries", __doc__, ("messages", MESSAGES), measure)
    if lines:
        publish("deliveries", "python -m benchmarks.deliveries", table(HEADER, lines))


def measure(database: str, messages: int) -> None:
    """Print the line of one database."""
    call_command("migrate", verbosity=0)
    with Receiver() as receiver, redis_process() as url:
        os.environ["REDIS_URL"] = url
        fill(messages, receiver.port)
        cpu = _deliver(receiver, messages)
    seconds = receiver.last - receiver.first
    sent = Delivery.objects.filter(state=Delivery.State.SENT).count()
    assert sent == len(receiver.ids) == messages, f"{sent} sent, {len(receiver.ids)} arrived"
    doubles = receiver.ids.total() - messages
    each = (f"{seconds:.1f}", f"{messages / seconds:.0f}", str(doubles), f"{cpu / messages * 1000:.1f}")
    tell(database, f"{messages:,}", str(WORKERS), *each)


def _deliver(receiver: Receiver, messages: int) -> float:
    """Run workers and beat until every message is kept as sent; return the seconds of CPU that the workers used."""
    folder = Path(os.environ["LBADMIN_DATA_DIR"])
    with ExitStack() as stack:
        workers = [
            stack.enter_context(running((*CELERY, *WORKER, f"--hostname=worker{number}@%h"), folder / f"{number}.log"))
            for number in range(WORKERS)
        ]
        stack.enter_context(running((*CELERY, *BEAT), folder / "beat.log"))
        deadline = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < deadline:
            time.sleep(0.5)
            if len(receiver.ids) >= messages and not _unfinished():
                break
        return sum(cpu_seconds(worker.pid) for worker in workers)


def _unfinished() -> bool:
    return Delivery.objects.exclude(state=Delivery.State.SENT).exists()


def fill(messages: int, port: int) -> None:
    """Store certificates that end soon, and a message about each that waits to be sent."""
    allow_range(COMMAND, network="127.0.0.0/8", reason="The receiver of the benchmark")
    target = f"http://127.0.0.1:{port}/hook"
    # In no group: a scan meanwhile would tell each channel of what the others were told.
    channels = [
        create_channel(SYSTEM, kind="webhook", name=f"pager {number}", target=target, in_default_group=False).channel
        for number in range(CHANNELS)
    ]
    certificates = _certificates(messages)
    now = dt.datetime.now(dt.UTC)
    notices = Notice.objects.bulk_create([_notice(each, now) for each in certificates], batch_size=500)
    deliveries = Delivery.objects.bulk_create(
        [_delivery(channels[number % CHANNELS], now) for number in range(messages)], batch_size=500
    )
    items = (
        DeliveryNotice(delivery=delivery, notice=notice, channel_id=delivery.channel_id)
        for delivery, notice in zip(deliveries, notices, strict=True)
    )
    DeliveryNotice.objects.bulk_create(items, batch_size=500)


def _certificates(count: int) -> list[Certificate]:
    ends_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=5)
    rows = [Certificate(name=f"shop-{number}", not_after=ends_at, created_by="bench") for number in range(count)]
    Certificate.objects.bulk_create(rows, batch_size=500)
    versions = [version_row(row, 1, ends_at) for row in rows]
    for row, version in zip(rows, CertificateVersion.objects.bulk_create(versions, batch_size=500), strict=True):
        row.current_version = version
    Certificate.objects.bulk_update(rows, ["current_version"], batch_size=500)
    return rows


def _notice(certificate: Certificate, now: dt.datetime) -> Notice:
    assert certificate.not_after
    return Notice(
        subject_kind="certificate",
        subject_id=certificate.pk,
        generation="1",
        threshold_hours=168,
        subject_name=certificate.name,
        expires_at=certificate.not_after,
        created_at=now,
    )


def _delivery(channel: Channel, now: dt.datetime) -> Delivery:
    return Delivery(channel=channel, kind=Delivery.Kind.EXPIRY, next_attempt_at=now, created_at=now)


if __name__ == "__main__":
    main()
