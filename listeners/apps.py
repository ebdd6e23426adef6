"""The listeners app."""

from django.apps import AppConfig


class ListenersConfig(AppConfig):
    """Name the app to Django, and answer for the listeners where certificates are deleted or replaced."""

    name = "listeners"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register with the certificate repository."""
        from certificates.keys import register_sealed_field  # noqa: PLC0415, models load after apps
        from certificates.serving import register_serving  # noqa: PLC0415
        from certificates.usage import register, register_used, register_version_check  # noqa: PLC0415
        from events.feed import register_follower  # noqa: PLC0415
        from listeners.challenges import running_places  # noqa: PLC0415
        from listeners.group_usage import verifying_certificates  # noqa: PLC0415
        from listeners.services.history import keep_states  # noqa: PLC0415
        from listeners.serving import listeners_serving  # noqa: PLC0415
        from listeners.usage import refuse_unservable_version, used_certificates, users_of_certificates  # noqa: PLC0415
        from renewals.serving import register as register_places  # noqa: PLC0415

        register(users_of_certificates)
        register_used(used_certificates)
        register_used(verifying_certificates)
        register_serving(listeners_serving)
        register_sealed_field("listeners.TicketKey", "token")
        register_version_check(refuse_unservable_version)
        register_places(running_places)
        register_follower(keep_states)
