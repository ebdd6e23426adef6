"""What access does by the clock."""

import logging
import threading
from importlib import import_module

from celery import shared_task
from django.conf import settings

from access.jobs.rows import forget_jobs
from access.jobs.running import run_open
from access.repeating import forget_answers

# One thread of a worker does jobs; the others send messages meanwhile.
_turn = threading.Lock()

logger = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def delete_expired_sessions() -> None:
    """Delete the sessions that have ended; signing out deletes only one's own."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@shared_task  # type: ignore[untyped-decorator]
def forget_old_answers() -> None:
    """Delete the answers that are kept for repeated requests, once their day is over."""
    forget_answers()


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]
def run_open_jobs() -> None:
    """Do the jobs that are open, one after the other; the rows know which, so a lost message loses nothing."""
    if not _turn.acquire(blocking=False):
        return
    try:
        for row in run_open():
            logger.info("job %s: %s", row, row.state)
    finally:
        _turn.release()


@shared_task  # type: ignore[untyped-decorator]
def forget_old_jobs() -> None:
    """Delete the jobs that have been over for long."""
    forget_jobs()
