"""The certificates app."""

from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    """Name the app to Django."""

    name = "certificates"
    default_auto_field = "django.db.models.BigAutoField"
