"""What beat asks for. Twice, late or never again harms nothing: the rows know what is due."""

import logging
import threading

from celery import shared_task

from renewals.running import run_due

# A sweep begins nothing after this, so that a worker which is asked to stop is soon free; the next sweep goes on.
SWEEP_SECONDS = 50
# One thread of a worker renews; the others send messages meanwhile.
_turn = threading.Lock()

logger = logging.getLogger(__name__)


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]  # Celery has no types
def renew_due_certificates() -> None:
    """Renew what is due, one after the other; workers share the work between them."""
    if not _turn.acquire(blocking=False):
        return
    try:
        for attempt in run_due(SWEEP_SECONDS):
            logger.info("renewal of %s: %s", attempt.renewal.name, attempt.get_outcome_display())
    finally:
        _turn.release()
