"""The cloudapi app."""

from django.apps import AppConfig


class CloudapiConfig(AppConfig):
    """Name the app to Django."""

    name = "cloudapi"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Forget what was kept of objects that are deleted."""
        from cloudapi.extras import forget_extras  # noqa: PLC0415  # models load before it
        from events.feed import register_follower  # noqa: PLC0415

        register_follower(forget_extras)
