"""The dataplane app."""

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from listeners.previews import Engine


class DataplaneConfig(AppConfig):
    """Name the app to Django, and answer what a change would do to the engine."""

    name = "dataplane"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register with the previews of listeners."""
        from listeners.previews import register_engine  # noqa: PLC0415, models load after apps

        register_engine(_engine)


def _engine() -> "Engine":
    """Load the engine's messages only where a preview is asked for: they take the console's memory."""
    from dataplane.previews import EnvoyPreview  # noqa: PLC0415

    return EnvoyPreview()
