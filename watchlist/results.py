"""Write what a check found into the row, as long as its lease is ours."""

import datetime as dt
import random
import uuid
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from certificates.parsing.bundles import Link
from certificates.parsing.x509 import Description
from watchlist.handshake import Answer
from watchlist.judging import trust_problems
from watchlist.models import WatchedAddress
from watchlist.targets import Target

SHORTEST_WAIT = dt.timedelta(minutes=1)
MOST_NAMES = 200
LONGEST_TEXT = 500
JITTER = 0.05


def keep_answer(row: WatchedAddress, lease: uuid.UUID, target: Target, chain: Sequence[Link], answer: Answer) -> bool:
    """Keep what was shown; False when the row is somebody else's by now, was changed or is gone."""
    now = timezone.now()
    leaf, *others = (link.description for link in chain)
    first = min((leaf, *others), key=lambda each: each.not_after)
    return _keep(
        row,
        lease,
        now + _spread(dt.timedelta(minutes=row.period_minutes)),
        checked_at=now,
        failures=0,
        failing_since=None,
        problem={},
        answered_at=now,
        sha256=leaf.sha256,
        seen_since=row.seen_since if row.sha256 == leaf.sha256 and row.seen_since else now,
        subject=leaf.subject[:LONGEST_TEXT],
        issuer=leaf.issuer[:LONGEST_TEXT],
        names=[name.value for name in leaf.names[:MOST_NAMES]],
        not_before=leaf.not_before,
        not_after=leaf.not_after,
        ends_at=first.not_after,
        ends_sha256=first.sha256,
        chain=[_member(each) for each in others],
        tls_version=answer.tls_version[:16],
        trust_problems=trust_problems(target, chain, answer.objections),
    )


def keep_failure(row: WatchedAddress, lease: uuid.UUID, found: dict[str, Any]) -> bool:
    """Keep that nothing was shown; what was shown before stays. Ask again soon, then ever later, up to the period."""
    now, failures = timezone.now(), row.failures + 1
    period = dt.timedelta(minutes=row.period_minutes)
    wait = min(SHORTEST_WAIT * (1 << min(failures - 1, 10)), period)
    return _keep(
        row,
        lease,
        now + _spread(wait),
        checked_at=now,
        failures=failures,
        failing_since=row.failing_since or now,
        problem=found,
    )


def _keep(row: WatchedAddress, lease: uuid.UUID, next_check_at: dt.datetime, **fields: Any) -> bool:
    mine = WatchedAddress.objects.filter(pk=row.pk, lease=lease)
    return bool(mine.update(next_check_at=next_check_at, lease=None, leased_until=None, **fields))


def _spread(wait: dt.timedelta) -> dt.timedelta:
    """Move a little, so that what was added together is not asked together for ever."""
    return wait * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # nothing secret hangs on it


def _member(each: Description) -> dict[str, str]:
    return {
        "subject": each.subject[:LONGEST_TEXT],
        "issuer": each.issuer[:LONGEST_TEXT],
        "not_before": each.not_before.isoformat(),
        "not_after": each.not_after.isoformat(),
        "sha256": each.sha256,
    }
