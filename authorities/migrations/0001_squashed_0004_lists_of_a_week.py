"""Private authorities and repositories of CA certificates, in one step where there is no table of them."""

from django.db import migrations, models

from authorities.migrations._authorities_that_exist import make_rows
from console import ids
from console.creating import CreateModels

MODELS = (
    migrations.CreateModel(
        name="Authority",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.authority_id, editable=False, serialize=False
                ),
            ),
            ("certificate", models.OneToOneField("certificates.certificate", models.PROTECT, related_name="authority")),
            (
                "parent",
                models.ForeignKey("authorities.authority", models.PROTECT, null=True, related_name="subordinates"),
            ),
            ("crl_hours", models.PositiveIntegerField(default=168)),
            ("next_crl_number", models.PositiveIntegerField(default=1)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={"ordering": ("created_at", "id")},
    ),
    migrations.CreateModel(
        name="IssuedCertificate",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("authority", models.ForeignKey("authorities.authority", models.CASCADE, related_name="issued")),
            ("serial", models.CharField(max_length=64)),
            ("subject", models.TextField()),
            ("purpose", models.CharField(max_length=8)),
            ("sha256", models.CharField(max_length=64, db_index=True)),
            ("not_after", models.DateTimeField()),
            (
                "version",
                models.OneToOneField(
                    "certificates.certificateversion", models.SET_NULL, null=True, related_name="issued"
                ),
            ),
            ("revoked_at", models.DateTimeField(null=True)),
            (
                "reason",
                models.CharField(
                    max_length=32,
                    blank=True,
                    choices=[
                        ("unspecified", "Unspecified"),
                        ("key_compromise", "Key compromise"),
                        ("affiliation_changed", "Affiliation changed"),
                        ("superseded", "Superseded"),
                        ("cessation_of_operation", "Cessation of operation"),
                        ("privilege_withdrawn", "Privilege withdrawn"),
                    ],
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(
                    name="issued_revoked",
                    fields=["authority", "revoked_at"],
                    condition=models.Q(revoked_at__isnull=False),
                )
            ],
            "constraints": [models.UniqueConstraint(name="issued_once", fields=("authority", "serial"))],
        },
    ),
    migrations.CreateModel(
        name="PublishedList",
        fields=[
            (
                "authority",
                models.OneToOneField(
                    "authorities.authority", models.CASCADE, primary_key=True, serialize=False, related_name="published"
                ),
            ),
            ("number", models.PositiveIntegerField()),
            ("der", models.BinaryField()),
            ("entries", models.PositiveIntegerField()),
            ("this_update", models.DateTimeField()),
            ("next_update", models.DateTimeField(db_index=True)),
        ],
    ),
    migrations.CreateModel(
        name="Responder",
        fields=[
            (
                "authority",
                models.OneToOneField(
                    "authorities.authority", models.CASCADE, primary_key=True, serialize=False, related_name="responder"
                ),
            ),
            ("certificate_pem", models.TextField()),
            ("key", models.BinaryField()),
            ("not_after", models.DateTimeField(db_index=True)),
        ],
    ),
    migrations.CreateModel(
        name="Repository",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.repository_id, editable=False, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=128, unique=True)),
            ("description", models.CharField(max_length=255, blank=True)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
            ("certificates", models.ManyToManyField("certificates.certificate", related_name="repositories")),
        ],
        options={"verbose_name_plural": "repositories", "ordering": ("name", "id")},
    ),
)


class Migration(migrations.Migration):
    replaces = (
        ("authorities", "0001_initial"),
        ("authorities", "0002_responder_and_fingerprint"),
        ("authorities", "0003_authorities_that_exist"),
        ("authorities", "0004_lists_of_a_week"),
    )
    initial = True
    dependencies = (("certificates", "0004_tags_requests_revocation"),)
    operations = (CreateModels(*MODELS), migrations.RunPython(make_rows, migrations.RunPython.noop))
