"""Go on with what was told of private authorities, which are a kind of subject of their own now."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def rename(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the notices of their certificates the new kind."""
    own = apps.get_model("authorities", "Authority").objects.values("certificate_id")
    notices = apps.get_model("events", "Notice").objects
    notices.filter(subject_kind="certificate", subject_id__in=own).update(subject_kind="authority")


class Migration(migrations.Migration):
    """Rename the kind of subject."""

    dependencies = (
        ("alerts", "0009_allow_ranges_in_use"),
        ("authorities", "0001_initial"),
        ("events", "0005_notices_that_are_withdrawn"),
    )
    operations = (migrations.RunPython(rename, migrations.RunPython.noop),)
