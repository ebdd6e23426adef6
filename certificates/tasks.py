"""What the repository does by the clock."""

from celery import shared_task

from certificates.examination import BATCH, examine_outdated
from certificates.replacements import forget_replacements

MOST_BATCHES = 20


@shared_task  # type: ignore[untyped-decorator]
def examine_certificates() -> None:
    """Find the hints of certificates that the present rules have not seen, and forget undecided uploads."""
    forget_replacements()
    for _ in range(MOST_BATCHES):
        if examine_outdated() < BATCH:
            return
