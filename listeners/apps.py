"""The listeners app."""

from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import post_migrate


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
        post_migrate.connect(_complete_history, sender=self)


def _complete_history(**_signal: Any) -> None:
    """After an upgrade: what is served today can be gone back to, also before its first change."""
    from listeners.services.history import keep_first_states  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):  # else the tables are not the models yet
        keep_first_states()
