"""The authorities app."""

from django.apps import AppConfig


class AuthoritiesConfig(AppConfig):
    """Name the app to Django, and answer the repository's ports."""

    name = "authorities"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say which certificates are authorities' own, and hear of what is stored."""
        from authorities import links  # noqa: PLC0415  # models load before it
        from certificates import usage  # noqa: PLC0415
        from certificates.keys import register_sealed_field  # noqa: PLC0415

        register_sealed_field("authorities.Responder", "key")
        register_sealed_field("certificates.RequestKey", "token")
        usage.register(links.usages)
        usage.register_used(links.used_certificates)
        usage.register_version_check(links.check_version)
        usage.register_store_listener(links.link_stored)
