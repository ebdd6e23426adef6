"""The alerts app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Name the app to Django, and its secrets to the command that reseals them."""

    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have webhook secrets resealed when the encryption keys change."""
        from certificates.keys import register_sealed_field  # noqa: PLC0415  # models load before it

        register_sealed_field("alerts.Channel", "sealed_secret")
