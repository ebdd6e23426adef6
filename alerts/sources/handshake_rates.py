"""When the share of failed handshakes has jumped. Pure.

The handshakes since the look before are counted, five minutes of them or more. A listener is told of when at least 50
of them failed, those are at least a fifth of all, and at least three times the share that was usual over the last day.
It is over when fewer than ten failed, or less than a tenth. So little traffic never raises an alarm, and a listener
that always turns many away has to turn away many more.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

WINDOW = dt.timedelta(minutes=5)
FEWEST_FAILED, SMALLEST_SHARE, LEAST_FACTOR = 50, 0.2, 3.0
FEWEST_GOING_ON, SMALLEST_SHARE_GOING_ON = 10, 0.1
# What is usual forgets the past: a window counts half after some 17 hours.
WINDOWS_A_DAY = dt.timedelta(days=1) / WINDOW
# What says nothing about certificates, policies or trust: strangers who speak no TLS, clients who go away, limits and
# servers that are down, which have words of their own.
NO_FAULT = frozenset({"not-tls", "client-closed", "connection-limit", "no-server"})


@dataclass(frozen=True, slots=True)
class Counts:
    """Handshakes that were completed, and those that failed."""

    completed: float
    failed: float

    @property
    def share(self) -> float:
        """The part that failed, from 0 to 1."""
        total = self.completed + self.failed
        return self.failed / total if total else 0.0


def failed_handshakes(failures: Mapping[str, int]) -> int:
    """Return how many of the failures, counted by reason, were handshakes gone wrong."""
    return sum(count for reason, count in failures.items() if reason not in NO_FAULT)


def has_jumped(recent: Counts, usual: Counts) -> bool:
    """Whether so many more handshakes fail now than is usual."""
    return (
        recent.failed >= FEWEST_FAILED and recent.share >= SMALLEST_SHARE and recent.share >= LEAST_FACTOR * usual.share
    )


def is_over(recent: Counts) -> bool:
    """Whether hardly any handshake fails any more."""
    return recent.failed < FEWEST_GOING_ON or recent.share < SMALLEST_SHARE_GOING_ON


def next_usual(usual: Counts, recent: Counts) -> Counts:
    """Return what is usual after one more window."""
    kept = 1 - 1 / WINDOWS_A_DAY
    return Counts(usual.completed * kept + recent.completed, usual.failed * kept + recent.failed)
