"""Keep which notices owe a message that they are resolved."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the mark and the index that finds it."""

    dependencies = [("events", "0003_notices_by_rule")]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="owes_resolution",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(condition=models.Q(("owes_resolution", True)), fields=["id"], name="notice_owing"),
        ),
    ]
