"""Wake a worker to renew; without Redis the sweep of the next minute finds the same rows."""

from django.conf import settings

from events.work import ask_for

RENEW_TASK = "renewals.tasks.renew_due_certificates"


def wake_worker() -> None:
    """Ask for a sweep now."""
    ask_for(RENEW_TASK, expires_seconds=settings.RENEWALS_SWEEP_SECONDS)
