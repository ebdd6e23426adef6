"""The alerts app."""

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from alerts.metrics import AlertFigures


class AlertsConfig(AppConfig):
    """Name the app to Django, and its secrets to the command that reseals them."""

    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand down what lower layers use: secrets to reseal, figures of metrics, names that owners may have."""
        from alerts.ledger.following import resolve_changed  # noqa: PLC0415  # models load before these
        from alerts.people.owners import names_of_people  # noqa: PLC0415
        from certificates.owners import register_owner_names  # noqa: PLC0415
        from console.sealing import register_sealed_field  # noqa: PLC0415
        from dataplane.collectors import register_collector  # noqa: PLC0415
        from events.feed import register_follower  # noqa: PLC0415

        for field in ("sealed_secret", "sealed_previous_secret", "sealed_target"):
            register_sealed_field("alerts.Channel", field)
        register_sealed_field("alerts.Heartbeat", "sealed_url")
        register_collector(_figures)
        register_follower(resolve_changed)
        register_owner_names(names_of_people)


def _figures() -> "AlertFigures":
    """Load what makes figures only where the page of them is asked for."""
    from alerts.metrics import AlertFigures  # noqa: PLC0415

    return AlertFigures()
