"""Keep why a server's health is so as a code, which every page says in its reader's language."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

CODES = {
    "The health check could not connect.": "refused",
    "The health check got no connection in time.": "timeout",
    "The first health check is under way.": "pending",
    "The server group has no health check.": "no-check",
    "Weight 0: the server takes no new connections and is not checked.": "no-weight",
}


def name_reasons(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Put the code in the place of each sentence; what is neither stays as it is and is shown so."""
    health = apps.get_model("listeners", "ServerHealth")
    for sentence, code in CODES.items():
        health.objects.filter(reason=sentence).update(reason=code)


def spell_reasons(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Put the sentences back."""
    health = apps.get_model("listeners", "ServerHealth")
    for sentence, code in CODES.items():
        health.objects.filter(reason=code).update(reason=sentence)


class Migration(migrations.Migration):
    dependencies = (("listeners", "0002_quotas"),)

    operations = (
        migrations.AlterField(
            model_name="serverhealth",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("refused", "The health check could not connect."),
                    ("timeout", "The health check got no connection in time."),
                    ("pending", "The first health check is under way."),
                    ("no-check", "The server group has no health check."),
                    ("no-weight", "Weight 0: the server takes no new connections and is not checked."),
                ],
                max_length=200,
            ),
        ),
        migrations.RunPython(name_reasons, spell_reasons),
    )
