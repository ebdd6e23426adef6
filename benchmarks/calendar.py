"""The calendar of 100,000 certificates on SQLite and PostgreSQL: milliseconds for its pages and for a feed."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from itertools import islice

from benchmarks.stack import migrate  # isort: skip  (sets Django up)
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alerts.calendar.feeds import create_feed
from benchmarks.databases import measured, tell
from benchmarks.report import publish, table
from certificates.models import Certificate, CertificateVersion, Kind
from events.actor import Actor
from tests.alerts.rows import version_row

CERTIFICATES = 100_000
DAYS = 398  # as long as certificates live
ON_ONE_DAY = 5_000
ROUNDS = 7
GOAL_MILLISECONDS = 300
BATCH = 2_000
HEADER = ("database", "calendar", "milliseconds", "of them CPU here", "KB")


def main() -> None:
    """Run the campaign and publish it."""
    lines = measured("benchmarks.calendar", __doc__, ("certificates", CERTIFICATES), measure)
    if lines:
        goal = f"\n\nThe goal is {GOAL_MILLISECONDS} ms."
        publish("calendar", "python -m benchmarks.calendar", table(HEADER, lines) + goal)


def measure(database: str, certificates: int) -> None:
    """Print a line for each page, and for a feed with and without the tag of what the program has."""
    settings.ALLOWED_HOSTS = ["testserver"]
    migrate()
    call_command("collectstatic", interactive=False, verbosity=0)
    _fill(certificates)
    user = User.objects.create_user("bench")
    client = Client()
    client.force_login(user)
    token = create_feed(Actor(name="bench", via="page", user_id=user.pk)).token
    feed = reverse("calendar-feed", args=[token])
    today = timezone.now().date()
    for name, address, headers in (
        ("month", reverse("calendar"), {}),
        ("thirteen months", reverse("calendar-year"), {}),
        ("day", reverse("calendar-day", args=[(today + dt.timedelta(days=10)).isoformat()]), {}),
        ("feed", feed, {}),
        ("feed, unchanged", feed, {"If-None-Match": Client().get(feed)["ETag"]}),
        ("days over REST", "/api/v1/calendar", {}),
    ):
        tell(database, name, *_measured(client, address, headers))


def _measured(client: Client, address: str, headers: dict[str, str]) -> list[str]:
    """Return the medians by the clock and by the CPU of several requests, the first left out, and the answer's size.

    Other programs take the rest of the clock.
    """
    took = []
    for _round in range(ROUNDS + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = client.get(address, headers=headers)
        took.append(((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000))
        assert answer.status_code in {200, 304}
    medians = (statistics.median(column) for column in zip(*took[1:], strict=True))
    return [*(f"{median:.0f}" for median in medians), f"{len(answer.content) / 1000:.0f}"]


def _fill(count: int) -> None:
    """Store certificates whose ends are spread over the days, and many on one of them."""
    now = timezone.now().replace(microsecond=0)
    numbers = iter(range(count))
    while batch := list(islice(numbers, BATCH)):
        ends = [now + dt.timedelta(days=10 if n < ON_ONE_DAY else n % DAYS, seconds=n % 3600) for n in batch]
        made = [
            Certificate(name=f"bench-{n:06}.example.com", kind=Kind.SERVER, not_after=end, created_by="bench")
            for n, end in zip(batch, ends, strict=True)
        ]
        Certificate.objects.bulk_create(made)
        versions = [version_row(row, 1, end) for row, end in zip(made, ends, strict=True)]
        CertificateVersion.objects.bulk_create(versions)
    own = CertificateVersion.objects.filter(certificate=OuterRef("pk")).values("pk")
    Certificate.objects.update(current_version=Subquery(own))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main()
