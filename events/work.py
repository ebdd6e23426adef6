"""Ask a worker for a sweep now; without Redis the sweep that beat asks for finds the same rows."""

import logging

import redis
from django.conf import settings
from django.utils.module_loading import import_string

from events.wake import redis_client

logger = logging.getLogger(__name__)


def ask_for(task: str, *, expires_seconds: float) -> None:
    """Ask for a task by name. The message carries nothing: the rows say what is due."""
    from kombu.exceptions import OperationalError  # noqa: PLC0415  # loads Celery's half, for processes that ask

    try:
        # Celery tries a dead broker for seconds, whatever it is told; whoever saves a page must not wait for that.
        redis_client().ping()
        import_string(settings.TASKS_APPLICATION).send_task(
            task, expires=expires_seconds, ignore_result=True, retry=False
        )
    except (redis.RedisError, OperationalError) as error:
        logger.warning("no worker woken for %s, its next sweep will come: %s", task, error)
