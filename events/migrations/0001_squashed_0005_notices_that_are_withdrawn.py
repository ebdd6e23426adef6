"""The change feed and the ledger of notices, in one step for a new database."""

from django.conf import settings
from django.db import migrations, models

from console.creating import CreateModels

MODELS = (
    migrations.CreateModel(
        name="Change",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("kind", models.CharField(max_length=64)),
            ("object_type", models.CharField(max_length=32)),
            ("object_id", models.CharField(max_length=64)),
            ("summary", models.CharField(max_length=500)),
            ("detail", models.JSONField(default=dict)),
            ("actor_name", models.CharField(max_length=200)),
            ("actor_via", models.CharField(max_length=16)),
            (
                "user",
                models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, blank=True, null=True, related_name="+"),
            ),
            ("at", models.DateTimeField(auto_now_add=True)),
        ],
        options={
            "ordering": ("id",),
            "indexes": [models.Index(name="change_object", fields=["object_type", "object_id", "-id"])],
        },
    ),
    migrations.CreateModel(
        name="Notice",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("subject_kind", models.CharField(max_length=32)),
            ("subject_id", models.CharField(max_length=64)),
            ("generation", models.CharField(max_length=64)),
            ("threshold_hours", models.PositiveIntegerField()),
            (
                "state",
                models.CharField(
                    max_length=16,
                    default="due",
                    choices=[
                        ("due", "Due"),
                        ("told", "Told"),
                        ("superseded", "Superseded"),
                        ("resolved", "Resolved"),
                        ("withdrawn", "Withdrawn"),
                    ],
                ),
            ),
            ("is_open", models.BooleanField(default=True)),
            ("subject_name", models.CharField(max_length=255)),
            ("expires_at", models.DateTimeField()),
            ("created_at", models.DateTimeField()),
            ("rule_id", models.CharField(max_length=32, blank=True, db_index=True)),
            ("told_at", models.DateTimeField(null=True)),
            ("resolved_at", models.DateTimeField(null=True)),
            ("owes_resolution", models.BooleanField(default=False)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(name="notice_open", fields=["subject_kind", "id"], condition=models.Q(is_open=True)),
                models.Index(name="notice_state", fields=["state", "-id"]),
                models.Index(name="notice_owing", fields=["id"], condition=models.Q(owes_resolution=True)),
            ],
            "constraints": [
                models.UniqueConstraint(
                    name="notice_once", fields=("subject_kind", "subject_id", "generation", "threshold_hours")
                )
            ],
        },
    ),
)


class Migration(migrations.Migration):
    replaces = (
        ("events", "0001_initial"),
        ("events", "0002_notice_is_open"),
        ("events", "0003_notices_by_rule"),
        ("events", "0004_notices_that_owe_a_resolution"),
        ("events", "0005_notices_that_are_withdrawn"),
    )
    initial = True
    dependencies = (migrations.swappable_dependency(settings.AUTH_USER_MODEL),)
    operations = (CreateModels(*MODELS),)
