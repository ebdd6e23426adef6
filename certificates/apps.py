"""The certificates app."""

from django.apps import AppConfig
from django.core.checks import Tags, register


class CertificatesConfig(AppConfig):
    """Name the app to Django, and check the encryption keys wherever the database is checked."""

    name = "certificates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the check with Django, and what is sealed."""
        from certificates.checks import check_encryption_keys  # noqa: PLC0415  # models load after apps
        from certificates.keys import register_sealed_field  # noqa: PLC0415

        register_sealed_field("certificates.SealedKey", "token")
        register_sealed_field("certificates.Drop", "token")
        register_sealed_field("certificates.Replacement", "token")
        register(check_encryption_keys, Tags.database)
