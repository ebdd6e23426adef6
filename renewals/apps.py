"""The renewals app."""

from django.apps import AppConfig


class RenewalsConfig(AppConfig):
    """Name the app to Django."""

    name = "renewals"
    default_auto_field = "django.db.models.BigAutoField"
