"""The alerts app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Name the app to Django."""

    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"
