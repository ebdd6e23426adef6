"""The renewals app."""

from django.apps import AppConfig


class RenewalsConfig(AppConfig):
    """Name the app to Django, and its secrets to the command that reseals them."""

    name = "renewals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have keys of accounts, open orders and challenges resealed when the encryption keys change."""
        from certificates.keys import register_sealed_field  # noqa: PLC0415  # models load before it

        register_sealed_field("renewals.AcmeAccount", "key")
        register_sealed_field("renewals.AcmeAccount", "eab_key")
        register_sealed_field("renewals.Renewal", "order_key")
        register_sealed_field("renewals.PendingChallenge", "key")
