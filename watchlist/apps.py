"""The watchlist app."""

from django.apps import AppConfig


class WatchlistConfig(AppConfig):
    """Name the app to Django."""

    name = "watchlist"
    default_auto_field = "django.db.models.BigAutoField"
