"""The listeners app."""

from django.apps import AppConfig


class ListenersConfig(AppConfig):
    """Name the app to Django."""

    name = "listeners"
    default_auto_field = "django.db.models.BigAutoField"
