"""The alerts app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Name the app to Django, and its secrets to the command that reseals them."""

    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have secrets of channels resealed when the encryption keys change."""
        from console.sealing import register_sealed_field  # noqa: PLC0415  # models load before it

        for field in ("sealed_secret", "sealed_previous_secret", "sealed_target"):
            register_sealed_field("alerts.Channel", field)
        register_sealed_field("alerts.Heartbeat", "sealed_url")
