"""Wake a worker to check; without Redis the sweep of the next seconds finds the same rows."""

from django.conf import settings

from events.work import ask_for

CHECK_TASK = "watchlist.tasks.check_due_addresses"


def wake_checker() -> None:
    """Ask for a sweep now."""
    ask_for(CHECK_TASK, expires_seconds=settings.WATCHLIST_SWEEP_SECONDS)
