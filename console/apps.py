"""The console layer: errors, tables, template tags; no models."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Name the layer to Django."""

    name = "console"
