"""Keep which notices each channel has heard of."""

from django.db import migrations, models


def mark_told(apps, schema_editor):
    """Take over what messages that were sent have told."""
    apps.get_model("alerts", "DeliveryNotice").objects.filter(delivery__state="sent").update(is_told=True)


class Migration(migrations.Migration):
    """Add the mark and fill it from what was sent."""

    dependencies = [("alerts", "0010_notices_of_authorities")]

    operations = [
        migrations.AddField(model_name="deliverynotice", name="is_told", field=models.BooleanField(default=False)),
        migrations.RunPython(mark_told, migrations.RunPython.noop),
    ]
