"""The events app."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Name the app to Django."""

    name = "events"
    default_auto_field = "django.db.models.BigAutoField"
