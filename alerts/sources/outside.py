"""Addresses outside are told of like our own certificates, and when they do not answer or are not trusted.

A generation of an end is the certificate that ends first, so that a renewed one settles what was told of the one
before; of a failing address it is the time of its first failure.
"""

import datetime as dt
from collections.abc import Iterator
from hashlib import sha256

from django.db.models import Q

from alerts.kinds import OUTSIDE, OUTSIDE_FAILING
from alerts.sources.candidates import Candidate
from watchlist.models import WatchedAddress

# Two failures may be a restart of the server; the third comes some three minutes after the first.
FAILURES_BEFORE_TELLING = 3
# Told by its end already, with a rule's thresholds.
TOLD_BY_ITS_END = frozenset({"expired"})


def outside_candidates(now: dt.datetime) -> Iterator[Candidate]:
    """Yield the ends of the certificates outside, in whatever distance: a rule says when they are told."""
    rows = WatchedAddress.objects.filter(enabled=True, ends_at__isnull=False).order_by("pk")
    for row in rows.iterator(chunk_size=500):
        if row.ends_at is not None:
            begin = _beginning(row)
            yield Candidate(OUTSIDE, row.pk, row.ends_sha256, row.name, row.ends_at, begins_at=begin, owner=row.owner)


def failing_candidates(now: dt.datetime) -> Iterator[Candidate]:
    """Yield the addresses that do not answer, and those whose certificate clients would not trust."""
    wrong = Q(failures__gte=FAILURES_BEFORE_TELLING) | ~Q(trust_problems=[])
    for row in WatchedAddress.objects.filter(wrong, enabled=True).order_by("pk").iterator(chunk_size=500):
        end = row.ends_at or now
        if row.failures >= FAILURES_BEFORE_TELLING and row.failing_since:
            yield _failing(row, row.failing_since.isoformat(), end)
        if codes := untrusted_codes(row):
            yield _failing(row, _digest(row.sha256, *codes), end)


def _failing(row: WatchedAddress, generation: str, end: dt.datetime) -> Candidate:
    return Candidate(OUTSIDE_FAILING, row.pk, generation, row.name, end, owner=row.owner)


def untrusted_codes(row: WatchedAddress) -> list[str]:
    """Return why clients would not trust the certificate, its end apart."""
    return sorted({problem["code"] for problem in row.trust_problems} - TOLD_BY_ITS_END)


def _digest(*parts: str) -> str:
    return sha256(" ".join(parts).encode()).hexdigest()


def _beginning(row: WatchedAddress) -> dt.datetime | None:
    """Return when the certificate began that ends first."""
    for member in row.chain if row.is_chain_ending_first else ():
        if member["sha256"] == row.ends_sha256:
            return dt.datetime.fromisoformat(member["not_before"])
    return row.not_before
