"""Let one certificate have several domain extensions, and switch off what TCPSSL listeners do not have."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

OFF = {"http2_enabled": False, "compression_enabled": False, "request_timeout_seconds": 0}


def switch_off(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Store that these listeners have no settings of HTTP, as new ones do."""
    apps.get_model("listeners", "Listener").objects.filter(protocol="TCPSSL").update(**OFF)


class Migration(migrations.Migration):
    dependencies = (("listeners", "0006_quotas_of_all_products"),)

    operations = (
        migrations.RemoveConstraint(model_name="binding", name="binding_once"),
        migrations.AddConstraint(
            model_name="binding",
            constraint=models.UniqueConstraint(
                fields=("listener", "certificate", "role", "domain"), name="binding_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="binding",
            constraint=models.UniqueConstraint(
                condition=models.Q(("domain", ""), _negated=True),
                fields=("listener", "domain"),
                name="binding_domain_once",
            ),
        ),
        migrations.RunPython(switch_off, migrations.RunPython.noop),
    )
