"""The dataplane app."""

from django.apps import AppConfig


class DataplaneConfig(AppConfig):
    """Name the app to Django."""

    name = "dataplane"
    default_auto_field = "django.db.models.BigAutoField"
