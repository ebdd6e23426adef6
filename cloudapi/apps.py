"""The cloudapi app."""

from django.apps import AppConfig


class CloudapiConfig(AppConfig):
    """Name the app to Django, and offer its products."""

    name = "cloudapi"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare every operation, and forget what was kept of objects that are deleted."""
        from cloudapi.catalogue import register_products  # noqa: PLC0415  # models load before it
        from cloudapi.extras import forget_extras  # noqa: PLC0415
        from events.feed import register_follower  # noqa: PLC0415

        register_products()
        register_follower(forget_extras)
