"""Let what came back be told again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the mark, and leave marked items out of what is told once."""

    dependencies = [("alerts", "0006_first_rules")]

    operations = [
        migrations.RemoveConstraint(model_name="deliverynotice", name="notice_channel_once"),
        migrations.AddField(
            model_name="deliverynotice",
            name="is_void",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="deliverynotice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_void", False)),
                fields=("notice", "channel", "is_resolution"),
                name="notice_channel_once",
            ),
        ),
    ]
