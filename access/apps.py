"""The access app."""

from django.apps import AppConfig

from console.sealing import register_sealed_field


class AccessConfig(AppConfig):
    """Name the app to Django, and what it seals."""

    name = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the secrets of access keys, and requests and answers that may hold one, resealed with the others."""
        register_sealed_field("access.AccessKey", "sealed_secret")
        register_sealed_field("access.RememberedAnswer", "sealed_body")
        register_sealed_field("access.Job", "sealed_body")
        register_sealed_field("access.Job", "sealed_answer")
