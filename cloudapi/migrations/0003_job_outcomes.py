"""Keep what came of jobs. Those that are there already wait for the nodes alone, as they did."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def begin_at_their_change(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let older jobs cover no change."""
    apps.get_model("cloudapi", "Job").objects.update(after_change_id=F("change_id"))


class Migration(migrations.Migration):
    dependencies = [("cloudapi", "0002_deployment_jobs")]

    operations = [
        migrations.AddField("job", "after_change_id", models.BigIntegerField(default=0), preserve_default=False),
        migrations.AddField("job", "ended_at", models.DateTimeField(null=True)),
        migrations.AddField("job", "error_code", models.CharField(blank=True, max_length=64)),
        migrations.AddField("job", "error_message", models.TextField(blank=True)),
        migrations.AddField(
            "job",
            "status",
            models.CharField(
                choices=[("Processing", "Processing"), ("Succeeded", "Succeeded"), ("Failed", "Failed")],
                default="Processing",
                max_length=10,
            ),
        ),
        migrations.RunPython(begin_at_their_change, migrations.RunPython.noop),
    ]
