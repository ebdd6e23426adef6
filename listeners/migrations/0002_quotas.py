"""Bring the limits, with the defaults of the cloud's documents, and the indexes of the listener list."""

from django.db import migrations, models

from listeners.migrations import _quotas


def add_quotas(apps, schema_editor):
    _quotas.add(apps, _quotas.OF_NLB)


def remove_quotas(apps, schema_editor):
    _quotas.remove(apps, _quotas.OF_NLB)


class Migration(migrations.Migration):
    dependencies = [("listeners", "0001_initial")]

    operations = [
        migrations.AddIndex("Listener", models.Index(fields=["port"], name="listener_port")),
        migrations.AddIndex("Server", models.Index(fields=["address"], name="server_address")),
        migrations.RunPython(add_quotas, remove_quotas),
    ]
