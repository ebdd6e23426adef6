"""Fetch revocation lists from their addresses: when they are due, and when a person asks."""

import datetime as dt
import logging
import random
import time

from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.models import RevocationList
from certificates.revocation.downloading import (
    SECONDS_FOR_A_PERSON,
    SECONDS_FOR_THE_CLOCK,
    Download,
    Seen,
    download,
)
from certificates.revocation.reading import list_by_id
from certificates.revocation.storing import read_for, store
from console.errors import ConflictError, DomainError
from events.actor import SYSTEM, Actor
from events.feed import recording

# An unchanged list costs one short answer, so a revocation is known here within the hour.
LONGEST_WAIT = dt.timedelta(hours=1)
SHORTEST_WAIT = dt.timedelta(minutes=1)
# Another worker takes over a fetch that was not finished by then.
CLAIM = dt.timedelta(seconds=2 * SECONDS_FOR_THE_CLOCK)
LONGEST_PROBLEM = 500
JITTER = 0.1

logger = logging.getLogger(__name__)


def fetch_list(
    actor: Actor, certificate_id: str, list_id: int, *, seconds: float = SECONDS_FOR_A_PERSON
) -> RevocationList:
    """Ask a list's address for a newer one; raise DomainError with the problem, which is kept in the row too."""
    row = list_by_id(certificate_id, list_id)
    if row.source != RevocationList.Source.URL:
        raise ConflictError(
            _("This revocation list has no address to fetch it from."),
            "crl.no-url",
            way_out=_("Upload a newer list, or add the address that its authority publishes at."),
        )
    try:
        return _take(actor, row, download(row.url, Seen(row.etag, row.last_modified), seconds=seconds))
    except DomainError as problem:
        _note_failure(row, problem)
        raise


def fetch_due(*, budget_seconds: float) -> int:
    """Fetch what is due, one list after the other, until none is or the time is over; return how many were asked."""
    deadline, asked = time.monotonic() + budget_seconds, 0
    while time.monotonic() < deadline and (row := _claim()):
        asked += 1
        try:
            fetch_list(SYSTEM, row.certificate_id, row.pk, seconds=SECONDS_FOR_THE_CLOCK)
        except DomainError as problem:
            logger.warning("revocation list %s: %s", row.pk, problem)
    return asked


def next_fetch(next_update: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    """Return when to ask again: within the hour, and well before the list ends."""
    left = (next_update - now) / 2 if next_update else LONGEST_WAIT
    return now + min(max(left, SHORTEST_WAIT), LONGEST_WAIT)


def retry_after(failures: int, now: dt.datetime) -> dt.datetime:
    """Return when to ask again after so many failures in a row: from a minute, doubling, to an hour."""
    doublings = min(failures - 1, 6)
    wait = min(SHORTEST_WAIT * (1 << doublings), LONGEST_WAIT)
    return now + wait * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # nothing secret hangs on it


def _claim() -> RevocationList | None:
    """Take the list that has waited longest, for a while; two workers never take the same."""
    now = timezone.now()
    due = RevocationList.objects.filter(source=RevocationList.Source.URL, next_fetch_at__lte=now)
    for row in due.defer("der").order_by("next_fetch_at")[:10]:
        mine = RevocationList.objects.filter(pk=row.pk, next_fetch_at=row.next_fetch_at)
        if mine.update(next_fetch_at=now + CLAIM):
            return row
    return None


def _take(actor: Actor, row: RevocationList, answer: Download) -> RevocationList:
    if answer.data is None:
        return _keep(row)
    read = read_for(row.certificate, answer.data)
    with recording(actor) as changes:
        stored = store(changes, list_by_id(row.certificate_id, row.pk), read)
        plan_next(stored, answer.seen)
    return stored


def _keep(row: RevocationList) -> RevocationList:
    """Note that the server still has the list that is held."""
    row.fetched_at, row.last_problem, row.failures = timezone.now(), "", 0
    row.next_fetch_at = next_fetch(row.next_update, row.fetched_at)
    row.save(update_fields=("fetched_at", "last_problem", "failures", "next_fetch_at"))
    return row


def plan_next(row: RevocationList, seen: Seen) -> None:
    """Note what the server said of the list, and when to ask it again."""
    row.etag, row.last_modified = seen.etag, seen.last_modified
    row.next_fetch_at = next_fetch(row.next_update, timezone.now())
    row.save(update_fields=("etag", "last_modified", "next_fetch_at"))


def _note_failure(row: RevocationList, problem: DomainError) -> None:
    """Keep the problem and ask again later; the list that is held stays in force."""
    failures = row.failures + 1
    RevocationList.objects.filter(pk=row.pk).update(
        last_problem=str(problem)[:LONGEST_PROBLEM],
        failures=failures,
        next_fetch_at=retry_after(failures, timezone.now()),
    )
