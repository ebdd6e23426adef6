"""The renewals app."""

from django.apps import AppConfig


class RenewalsConfig(AppConfig):
    """Name the app to Django, and its secrets to the command that reseals them."""

    name = "renewals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have what is sealed resealed when the encryption keys change, and renewals end with their certificates."""
        from certificates.keys import register_sealed_field  # noqa: PLC0415  # models load before it
        from certificates.usage import register_followers  # noqa: PLC0415
        from renewals.links import end_renewals, renewals_of  # noqa: PLC0415

        register_sealed_field("renewals.AcmeAccount", "key")
        register_sealed_field("renewals.AcmeAccount", "eab_key")
        register_sealed_field("renewals.Renewal", "order_key")
        register_sealed_field("renewals.PendingChallenge", "key")
        register_followers(renewals_of, end_renewals)
