"""What the repository does by the clock."""

from celery import shared_task

from certificates.examination import BATCH, examine_outdated
from certificates.replacements import forget_replacements
from certificates.revocation.fetching import fetch_due
from certificates.services.drops import forget_drops

MOST_BATCHES = 20
# A round ends before this so that a worker which is asked to stop is soon free; the next round goes on.
FETCHING_SECONDS = 20


@shared_task  # type: ignore[untyped-decorator]
def examine_certificates() -> None:
    """Find the hints of certificates that the present rules have not seen, and forget undecided uploads."""
    forget_replacements()
    for _ in range(MOST_BATCHES):
        if examine_outdated() < BATCH:
            return


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]
def fetch_due_lists() -> None:
    """Fetch the revocation lists that are due; several rounds share the work between them."""
    fetch_due(budget_seconds=FETCHING_SECONDS)


@shared_task  # type: ignore[untyped-decorator]
def forget_uploads() -> None:
    """Delete the files that were given and not decided in time, private keys among them."""
    forget_drops()
