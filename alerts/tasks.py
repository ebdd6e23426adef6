"""What beat asks for. Twice, late or never again harms nothing: the rows know what is due."""

from celery import shared_task
from django.utils import timezone

from alerts.handing.notices import hand_out
from alerts.heartbeat import beat
from alerts.pruning import prune_deliveries
from alerts.scanning import is_scan_due, run_scan
from alerts.sending.deliveries import send_due
from alerts.transports.signing import forget_previous_secrets
from alerts.waking import wake_sender
from alerts.watching import watch_failures
from events.actor import SYSTEM
from events.notices import writing_ledger

# A sweep ends before this so that a worker which is asked to stop is soon free; the next sweep goes on.
SWEEP_SECONDS = 20


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]  # Celery has no types
def scan_when_due() -> None:
    """Scan unless a scan began within the last period."""
    if is_scan_due(timezone.now()):
        run_scan(SYSTEM)


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]  # Celery has no types
def watch_for_failures() -> None:
    """Look at what may go wrong at any moment: the data plane, and addresses outside."""
    watch_failures(timezone.now())


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]  # Celery has no types
def scan_after_change() -> None:
    """Scan because a rule has changed."""
    run_scan(SYSTEM)


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]  # Celery has no types
def hand_out_changes() -> None:
    """Say that something is settled to those who were told of it."""
    with writing_ledger():
        made = hand_out(timezone.now())
    if made:
        wake_sender()


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]  # Celery has no types
def send_due_deliveries() -> None:
    """Send what is due, one message after the other; several sweeps share the work between them."""
    send_due(budget_seconds=SWEEP_SECONDS)


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]  # Celery has no types
def beat_heart() -> None:
    """Ask the heartbeat's address."""
    beat()


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]  # Celery has no types
def prune_old_deliveries() -> None:
    """Forget old deliveries, and secrets whose time is over."""
    prune_deliveries(timezone.now())
    forget_previous_secrets(timezone.now())
