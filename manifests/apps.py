"""The manifests app."""

from django.apps import AppConfig


class ManifestsConfig(AppConfig):
    """Name the app to Django."""

    name = "manifests"
    default_auto_field = "django.db.models.BigAutoField"
