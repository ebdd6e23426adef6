"""The alerts app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Name the app to Django, and its secrets to the command that reseals them."""

    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have secrets resealed when the encryption keys change, and figures of alerts on the page of metrics."""
        from alerts.metrics import AlertFigures  # noqa: PLC0415  # models load before these
        from console.sealing import register_sealed_field  # noqa: PLC0415
        from dataplane.metrics import register_collector  # noqa: PLC0415

        for field in ("sealed_secret", "sealed_previous_secret", "sealed_target"):
            register_sealed_field("alerts.Channel", field)
        register_sealed_field("alerts.Heartbeat", "sealed_url")
        register_collector(AlertFigures)
