"""What beat asks for. Twice, late or never again harms nothing: the rows know what is due."""

import logging

from celery import shared_task
from django.utils import timezone

from authorities.services.publishing import due_authorities, refresh
from console.errors import DomainError
from events.actor import SYSTEM

logger = logging.getLogger(__name__)


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]  # Celery has no types
def publish_due_lists() -> None:
    """Publish every revocation list that is past half of its life; one authority's trouble stops no other."""
    now = timezone.now()
    for authority_id in due_authorities(now):
        try:
            refresh(SYSTEM, authority_id, now)
        except DomainError as error:
            logger.warning("the revocation list of %s was not published: %s", authority_id, error)
