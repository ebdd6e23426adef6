"""The access app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Name the app to Django."""

    name = "access"
    default_auto_field = "django.db.models.BigAutoField"
