"""Wake a worker to send; without Redis the sweep of the next seconds finds the same rows."""

from django.conf import settings

from events.work import ask_for

SEND_TASK = "alerts.tasks.send_due_deliveries"


def wake_sender() -> None:
    """Ask for a sweep now."""
    ask_for(SEND_TASK, expires_seconds=settings.ALERTS_SWEEP_SECONDS)
