"""The cloudapi app."""

from django.apps import AppConfig


class CloudapiConfig(AppConfig):
    """Name the app to Django."""

    name = "cloudapi"
    default_auto_field = "django.db.models.BigAutoField"
