"""Wake a worker to send; without Redis the sweep of the next seconds finds the same rows."""

import logging

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from events.wake import redis_client

SEND_TASK = "alerts.tasks.send_due_deliveries"

logger = logging.getLogger(__name__)


def wake_sender() -> None:
    """Ask for a sweep now. The message carries nothing: the rows say what is due."""
    try:
        # Celery tries a dead broker for seconds, whatever it is told; whoever saves a page must not wait for that.
        redis_client().ping()
        current_app.send_task(SEND_TASK, expires=settings.ALERTS_SWEEP_SECONDS, ignore_result=True, retry=False)
    except (redis.RedisError, OperationalError) as error:
        logger.warning("sender not woken, the next sweep will send: %s", error)
