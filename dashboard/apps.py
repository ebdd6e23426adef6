"""The dashboard app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Name the app to Django."""

    name = "dashboard"
    default_auto_field = "django.db.models.BigAutoField"
