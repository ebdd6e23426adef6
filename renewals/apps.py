"""The renewals app."""

from django.apps import AppConfig


class RenewalsConfig(AppConfig):
    """Name the app to Django, and what it seals."""

    name = "renewals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have its keys sealed again with all others."""
        from certificates.keys import register_sealed_field  # noqa: PLC0415  # models load after apps

        register_sealed_field("renewals.AcmeAccount", "key")
        register_sealed_field("renewals.AcmeAccount", "eab_key")
        register_sealed_field("renewals.Renewal", "order_key")
        register_sealed_field("renewals.PendingChallenge", "key")
