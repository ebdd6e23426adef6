"""The authorities app."""

from django.apps import AppConfig


class AuthoritiesConfig(AppConfig):
    """Name the app to Django."""

    name = "authorities"
    default_auto_field = "django.db.models.BigAutoField"
