"""What access does by the clock."""

from importlib import import_module

from celery import shared_task
from django.conf import settings


@shared_task  # type: ignore[untyped-decorator]
def delete_expired_sessions() -> None:
    """Delete the sessions that have ended; signing out deletes only one's own."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
