"""What lists filter by, hints, uploads that wait for a decision, and the permission to export keys."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import console.ids

COPIED = ("not_before", "issuer", "key_algorithm", "key_bits")


def copy_facts(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Fill the columns from the current versions."""
    certificates = apps.get_model("certificates", "Certificate").objects
    current = apps.get_model("certificates", "CertificateVersion").objects.filter(
        pk=models.OuterRef("current_version_id")
    )
    stored = certificates.filter(current_version__isnull=False)
    stored.update(**{fact: models.Subquery(current.values(fact)[:1]) for fact in COPIED})


class Migration(migrations.Migration):
    dependencies = [
        ("certificates", "0005_list_issuer_and_fetching"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="certificate",
            options={
                "ordering": ("not_after", "id"),
                "permissions": (("export_private_key", "Can export private keys"),),
            },
        ),
        migrations.AddField("certificate", "not_before", models.DateTimeField(null=True)),
        migrations.AddField("certificate", "issuer", models.TextField(default="", editable=False)),
        migrations.AddField(
            "certificate", "key_algorithm", models.CharField(default="", editable=False, max_length=16)
        ),
        migrations.AddField("certificate", "key_bits", models.PositiveIntegerField(default=0, editable=False)),
        migrations.AddField("certificate", "hints_edition", models.PositiveIntegerField(default=0, editable=False)),
        migrations.AddIndex("certificate", models.Index(fields=["hints_edition"], name="certificate_hints_edition")),
        migrations.CreateModel(
            name="CertificateHint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40)),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hints",
                        to="certificates.certificate",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [models.Index(fields=["code", "certificate"], name="hint_code")],
                "constraints": [models.UniqueConstraint(fields=("certificate", "code"), name="hint_once")],
            },
        ),
        migrations.CreateModel(
            name="Replacement",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=console.ids.replacement_id,
                        editable=False,
                        max_length=32,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("token", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("created_by", models.CharField(max_length=200)),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replacements",
                        to="certificates.certificate",
                    ),
                ),
            ],
        ),
        migrations.RunPython(copy_facts, migrations.RunPython.noop, elidable=True),
    ]
