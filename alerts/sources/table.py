"""Where subjects come from, beside the certificates of the repository (``alerts.sources.repository``), which are many.

A source reports everything that is or may become worth telling, each time that it is asked. From the difference to the
ledger follows what is due, what is settled, and what a rule silences.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from alerts.kinds import (
    CHANNEL,
    CONFIGURATION,
    HANDSHAKES,
    LIST,
    LIST_FETCH,
    NODE,
    OUTSIDE,
    OUTSIDE_FAILING,
    RECEIPT,
    RENEWAL,
    SERVER_GROUP,
)
from alerts.sources.candidates import Candidate
from alerts.sources.lists import list_candidates
from alerts.sources.outside import failing_candidates, outside_candidates
from alerts.sources.renewals import renewal_candidates
from alerts.sources.serving import serving_candidates
from events.notices import open_notices


@dataclass(frozen=True, slots=True)
class Source:
    """Something that is watched: the kinds of subject that it reports, and the function that does."""

    kinds: tuple[str, ...]
    candidates: Callable[[dt.datetime], Iterator[Candidate]]


def channel_candidates(now: dt.datetime) -> Iterator[Candidate]:
    """Yield the channels that are told of as failing: the sender notices that, and when they work again."""
    for notice in open_notices().filter(subject_kind=CHANNEL).order_by("pk"):
        yield Candidate(CHANNEL, notice.subject_id, notice.generation, notice.subject_name, notice.expires_at)


# What goes wrong at any moment, and is looked at every minute, not only by the scan.
QUICK_SOURCES: tuple[Source, ...] = (
    Source((OUTSIDE_FAILING,), failing_candidates),
    Source((RECEIPT, CONFIGURATION, NODE, SERVER_GROUP, HANDSHAKES), serving_candidates),
)
SOURCES: tuple[Source, ...] = (
    Source((RENEWAL,), renewal_candidates),
    Source((LIST, LIST_FETCH), list_candidates),
    Source((OUTSIDE,), outside_candidates),
    Source((CHANNEL,), channel_candidates),
    *QUICK_SOURCES,
)
