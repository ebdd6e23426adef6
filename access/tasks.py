"""What access does by the clock."""

from importlib import import_module

from celery import shared_task
from django.conf import settings

from access.repeating import forget_answers


@shared_task  # type: ignore[untyped-decorator]
def delete_expired_sessions() -> None:
    """Delete the sessions that have ended; signing out deletes only one's own."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@shared_task  # type: ignore[untyped-decorator]
def forget_old_answers() -> None:
    """Delete the answers that are kept for repeated requests, once their day is over."""
    forget_answers()
