"""Make rows of the authorities that exist: CA certificates whose keys are in the repository, and what they signed."""

from django.db import migrations

from authorities.migrations._authorities_that_exist import make_rows


class Migration(migrations.Migration):
    dependencies = [("authorities", "0002_responder_and_fingerprint"), ("certificates", "0004_tags_requests_revocation")]

    operations = [migrations.RunPython(make_rows, migrations.RunPython.noop)]
