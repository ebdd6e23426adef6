"""The alerts app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Name the app to Django, and its secrets to the command that reseals them."""

    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand down what lower layers use: secrets to reseal, figures of metrics, names that owners may have."""
        from alerts.ledger.following import resolve_changed  # noqa: PLC0415  # models load before these
        from alerts.metrics import AlertFigures  # noqa: PLC0415
        from alerts.people.owners import names_of_people  # noqa: PLC0415
        from certificates.owners import register_owner_names  # noqa: PLC0415
        from console.sealing import register_sealed_field  # noqa: PLC0415
        from dataplane.metrics import register_collector  # noqa: PLC0415
        from events.feed import register_follower  # noqa: PLC0415

        for field in ("sealed_secret", "sealed_previous_secret", "sealed_target"):
            register_sealed_field("alerts.Channel", field)
        register_sealed_field("alerts.Heartbeat", "sealed_url")
        register_collector(AlertFigures)
        register_follower(resolve_changed)
        register_owner_names(names_of_people)
