"""Bring the limits of Application and Classic Load Balancers, and spell the servers' addresses without a netmask."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from listeners.migrations import _quotas


def add_quotas(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the rows; one that is there keeps its limit."""
    _quotas.add(apps, _quotas.OF_ALB_AND_CLB)


def remove_quotas(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the rows."""
    _quotas.remove(apps, _quotas.OF_ALB_AND_CLB)


def spell_addresses(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take off the netmask that PostgreSQL writes when an address becomes text."""
    servers = apps.get_model("listeners", "Server").objects.filter(address__contains="/")
    for server in servers.iterator():
        server.address = server.address.partition("/")[0]
        server.save(update_fields=["address"])


class Migration(migrations.Migration):
    dependencies = (("listeners", "0005_all_products"),)

    operations = (
        migrations.RunPython(add_quotas, remove_quotas),
        migrations.RunPython(spell_addresses, migrations.RunPython.noop),
    )
