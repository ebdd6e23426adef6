"""What beat asks for. Twice, late or never again harms nothing: the rows know what is due."""

import threading

from celery import shared_task

from watchlist.checking import check_due

# A sweep begins nothing after this, so that a worker which is asked to stop is soon free; the next sweep goes on.
SWEEP_SECONDS = 20
# One thread of a worker checks, many addresses at a time; the others send messages meanwhile.
_turn = threading.Lock()


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]  # Celery has no types
def check_due_addresses() -> None:
    """Check the watched addresses that are due; workers share the work between them."""
    if not _turn.acquire(blocking=False):
        return
    try:
        check_due(SWEEP_SECONDS)
    finally:
        _turn.release()
