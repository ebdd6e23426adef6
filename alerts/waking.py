"""Wake a worker to send or to scan; without Redis the next sweep, or the next scan, finds the same rows."""

from django.conf import settings

from events.work import ask_for

SCAN_TASK = "alerts.tasks.scan_after_change"
RESOLVE_TASK = "alerts.tasks.hand_out_changes"
SEND_TASK = "alerts.tasks.send_due_deliveries"


def wake_sender() -> None:
    """Ask for a sweep now."""
    ask_for(SEND_TASK, expires_seconds=settings.ALERTS_SWEEP_SECONDS)


def wake_scanner() -> None:
    """Ask for a scan now."""
    ask_for(SCAN_TASK, expires_seconds=settings.ALERTS_SCAN_MINUTES * 60)


def wake_resolver() -> None:
    """Ask for the ledger to be handed out now, so that who was told hears that something is settled."""
    ask_for(RESOLVE_TASK, expires_seconds=settings.ALERTS_SCAN_MINUTES * 60)
