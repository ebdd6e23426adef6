"""Look at the handshake counters of listeners, and keep whose failures have jumped."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping

from django.db import transaction
from django.db.models import Q

from alerts.kinds import HANDSHAKES
from alerts.models import HandshakeWatch
from alerts.sources.candidates import Candidate
from alerts.sources.handshake_rates import WINDOW, Counts, failed_handshakes, has_jumped, is_over, next_usual
from listeners.models import Listener, ListenerStatus

BATCH = 500
Totals = tuple[int, int]  # handshakes completed and failed, since the listener exists
FIELDS = (
    "looked_at", "completed", "failed", "recent_completed", "recent_failed", "usual_completed", "usual_failed",
    "jumped_since",
)  # fmt: skip


def look_at_handshakes(now: dt.datetime) -> None:
    """Compare the counters with those of five minutes ago or more; a second look at the same time changes nothing."""
    seen = _counters()
    fresh = Q(looked_at__gt=now - WINDOW, looked_at__lte=now)
    with transaction.atomic():
        known = {row.pk: row for row in HandshakeWatch.objects.select_for_update().exclude(fresh)}
        changed = [row for row in known.values() if _look(row, seen.get(row.pk), now)]
        HandshakeWatch.objects.bulk_update(changed, FIELDS, batch_size=BATCH)
        watched = set(HandshakeWatch.objects.values_list("pk", flat=True))
        new = [_first_look(pk, totals, now) for pk, totals in seen.items() if pk not in watched]
        HandshakeWatch.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)


def handshake_candidates(now: dt.datetime) -> Iterator[Candidate]:
    """Yield the listeners whose handshakes fail much more than usual."""
    rows = HandshakeWatch.objects.filter(jumped_since__isnull=False, listener__desired=Listener.Desired.RUNNING)
    for row in rows.select_related("listener").order_by("pk"):
        if row.jumped_since is not None:
            since = row.jumped_since
            yield Candidate(
                HANDSHAKES, row.pk, since.isoformat(), str(row.listener), since, listener_ids=(row.listener_id,)
            )


def _counters() -> Mapping[str, Totals]:
    """Return the counters of each listener that had any connection, over all nodes."""
    completed: defaultdict[str, int] = defaultdict(int)
    failed: defaultdict[str, int] = defaultdict(int)
    rows = ListenerStatus.objects.filter(~Q(failures={}) | Q(handshakes__gt=0)).order_by()
    for listener_id, handshakes, failures in rows.values_list("listener_id", "handshakes", "failures").iterator():
        completed[listener_id] += handshakes
        failed[listener_id] += failed_handshakes(failures)
    return {pk: (count, failed[pk]) for pk, count in completed.items()}


def _first_look(listener_id: str, totals: Totals, now: dt.datetime) -> HandshakeWatch:
    """Begin with all that ever was as what is usual."""
    completed, failed = totals
    return HandshakeWatch(
        listener_id=listener_id,
        looked_at=now,
        completed=completed,
        failed=failed,
        usual_completed=completed,
        usual_failed=failed,
    )


def _look(row: HandshakeWatch, totals: Totals | None, now: dt.datetime) -> bool:
    """Compare, and say whether the row has changed; counters that shrank belong to a node that was removed."""
    if totals is None or (totals == (row.completed, row.failed) and not row.jumped_since):
        return False
    recent = Counts(max(0, totals[0] - row.completed), max(0, totals[1] - row.failed))
    usual = Counts(row.usual_completed, row.usual_failed)
    if row.jumped_since and is_over(recent):
        row.jumped_since = None
    elif not row.jumped_since and has_jumped(recent, usual):
        row.jumped_since = now
    if not row.jumped_since:  # what is wrong must not become usual
        usual = next_usual(usual, recent)
    row.usual_completed, row.usual_failed = usual.completed, usual.failed
    row.recent_completed, row.recent_failed = int(recent.completed), int(recent.failed)
    (row.completed, row.failed), row.looked_at = totals, now
    return True
