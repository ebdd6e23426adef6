"""An index for counting the additional certificates of each row of a list."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the index."""

    dependencies = [("listeners", "0010_server_groups_of_classic_load_balancers")]

    operations = [
        migrations.AddIndex(model_name="binding", index=models.Index(fields=["role", "listener"], name="binding_role")),
    ]
