"""The certificate repository, in one step for a new database."""

from django.db import migrations, models

from console import ids
from console.creating import CreateModels

MODELS = (
    migrations.CreateModel(
        name="Drop",
        fields=[
            (
                "id",
                models.CharField(primary_key=True, max_length=32, default=ids.drop_id, editable=False, serialize=False),
            ),
            ("token", models.BinaryField()),
            ("created_at", models.DateTimeField(db_index=True, auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
    ),
    migrations.CreateModel(
        name="Issuer",
        fields=[
            ("sha256", models.CharField(primary_key=True, max_length=64, serialize=False)),
            ("subject_sha256", models.CharField(max_length=64, db_index=True)),
            ("pem", models.TextField()),
        ],
    ),
    migrations.CreateModel(
        name="Certificate",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.certificate_id, editable=False, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=128, unique=True)),
            (
                "kind",
                models.CharField(
                    max_length=8,
                    choices=[
                        ("server", "Server certificate"),
                        ("ca", "CA certificate"),
                        ("client", "Client certificate"),
                    ],
                ),
            ),
            ("not_after", models.DateTimeField(null=True)),
            ("not_before", models.DateTimeField(null=True)),
            ("issuer", models.TextField(default="", editable=False)),
            ("key_algorithm", models.CharField(max_length=16, default="", editable=False)),
            ("key_bits", models.PositiveIntegerField(default=0, editable=False)),
            ("search_text", models.TextField(default="", editable=False)),
            ("owner", models.CharField(max_length=200, blank=True, db_index=True)),
            ("hints_edition", models.PositiveIntegerField(default=0, editable=False)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={
            "ordering": ("not_after", "id"),
            "permissions": (("export_private_key", "Can export private keys"),),
            "indexes": [
                models.Index(name="certificate_expiry", fields=["not_after", "id"]),
                models.Index(name="certificate_kind_expiry", fields=["kind", "not_after", "id"]),
                models.Index(name="certificate_key_expiry", fields=["key_algorithm", "not_after", "id"]),
                models.Index(name="certificate_hints_edition", fields=["hints_edition"]),
            ],
        },
    ),
    migrations.CreateModel(
        name="CertificateTag",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("certificate", models.ForeignKey("certificates.certificate", models.CASCADE, related_name="tags")),
            ("key", models.CharField(max_length=64)),
            ("value", models.CharField(max_length=128, blank=True)),
        ],
        options={
            "ordering": ("key",),
            "indexes": [models.Index(name="tag_key_value", fields=["key", "value"])],
            "constraints": [models.UniqueConstraint(name="tag_once", fields=("certificate", "key"))],
        },
    ),
    migrations.CreateModel(
        name="CertificateHint",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("certificate", models.ForeignKey("certificates.certificate", models.CASCADE, related_name="hints")),
            ("code", models.CharField(max_length=40)),
        ],
        options={
            "ordering": ("id",),
            "indexes": [models.Index(name="hint_code", fields=["code", "certificate"])],
            "constraints": [models.UniqueConstraint(name="hint_once", fields=("certificate", "code"))],
        },
    ),
    migrations.CreateModel(
        name="Replacement",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.replacement_id, editable=False, serialize=False
                ),
            ),
            ("certificate", models.ForeignKey("certificates.certificate", models.CASCADE, related_name="replacements")),
            ("revision", models.PositiveIntegerField()),
            ("token", models.BinaryField()),
            ("created_at", models.DateTimeField(db_index=True, auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
    ),
    migrations.CreateModel(
        name="CertificateRequest",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.request_id, editable=False, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=128)),
            ("csr_pem", models.TextField()),
            ("subject", models.TextField()),
            ("names", models.JSONField(default=list)),
            ("key_algorithm", models.CharField(max_length=16)),
            ("key_bits", models.PositiveIntegerField()),
            ("spki_sha256", models.CharField(max_length=64, unique=True)),
            ("renews", models.ForeignKey("certificates.certificate", models.SET_NULL, null=True, related_name="+")),
            (
                "certificate",
                models.ForeignKey("certificates.certificate", models.SET_NULL, null=True, related_name="requests"),
            ),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
            ("completed_at", models.DateTimeField(null=True)),
        ],
        options={"ordering": ("-created_at", "id")},
    ),
    migrations.CreateModel(
        name="RequestKey",
        fields=[
            (
                "request",
                models.OneToOneField(
                    "certificates.certificaterequest",
                    models.CASCADE,
                    primary_key=True,
                    serialize=False,
                    related_name="key",
                ),
            ),
            ("token", models.BinaryField()),
        ],
    ),
    migrations.CreateModel(
        name="RevocationList",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            (
                "certificate",
                models.ForeignKey("certificates.certificate", models.CASCADE, related_name="revocation_lists"),
            ),
            (
                "source",
                models.CharField(
                    max_length=16,
                    choices=[
                        ("uploaded", "Uploaded"),
                        ("url", "Fetched from a URL"),
                        ("authority", "Private authority"),
                    ],
                ),
            ),
            ("url", models.CharField(max_length=2000, blank=True)),
            (
                "when_expired",
                models.CharField(
                    max_length=8,
                    default="refuse",
                    choices=[("refuse", "Refuse every client"), ("ignore", "Let clients in without asking the list")],
                ),
            ),
            ("issuer", models.TextField(blank=True)),
            ("issuer_spki_sha256", models.CharField(max_length=64, blank=True)),
            ("number", models.CharField(max_length=64, blank=True)),
            ("der", models.BinaryField(null=True)),
            ("sha256", models.CharField(max_length=64, blank=True)),
            ("entries", models.PositiveIntegerField(default=0)),
            ("this_update", models.DateTimeField(null=True)),
            ("next_update", models.DateTimeField(null=True, db_index=True)),
            ("next_fetch_at", models.DateTimeField(null=True, db_index=True)),
            ("fetched_at", models.DateTimeField(null=True)),
            ("etag", models.CharField(max_length=300, blank=True)),
            ("last_modified", models.CharField(max_length=100, blank=True)),
            ("failures", models.PositiveIntegerField(default=0)),
            ("last_problem", models.CharField(max_length=500, blank=True)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={
            "ordering": ("id",),
            "constraints": [
                models.UniqueConstraint(
                    name="list_once_an_issuer",
                    fields=("certificate", "issuer_spki_sha256"),
                    condition=~models.Q(issuer_spki_sha256=""),
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="CertificateVersion",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("certificate", models.ForeignKey("certificates.certificate", models.CASCADE, related_name="versions")),
            ("number", models.PositiveIntegerField()),
            (
                "replaces",
                models.ForeignKey("certificates.certificateversion", models.SET_NULL, null=True, related_name="+"),
            ),
            ("leaf_pem", models.TextField()),
            ("chain_pem", models.TextField(blank=True)),
            ("subject", models.TextField()),
            ("issuer", models.TextField()),
            ("common_name", models.CharField(max_length=255, blank=True)),
            ("serial", models.CharField(max_length=64, db_index=True)),
            ("sha256", models.CharField(max_length=64, db_index=True)),
            ("chain_sha256", models.CharField(max_length=64)),
            ("spki_sha256", models.CharField(max_length=64, db_index=True)),
            ("key_algorithm", models.CharField(max_length=16)),
            ("key_bits", models.PositiveIntegerField()),
            ("signature_hash", models.CharField(max_length=16)),
            ("not_before", models.DateTimeField()),
            ("not_after", models.DateTimeField(db_index=True)),
            ("chain_not_after", models.DateTimeField(null=True)),
            ("warnings", models.JSONField(default=list)),
            ("reason", models.CharField(max_length=500, blank=True)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={
            "ordering": ("-number",),
            "indexes": [
                models.Index(
                    name="version_chain_expiry",
                    fields=["chain_not_after"],
                    condition=models.Q(chain_not_after__isnull=False),
                )
            ],
            "constraints": [
                models.UniqueConstraint(name="version_number", fields=("certificate", "number")),
                models.UniqueConstraint(name="version_once", fields=("sha256", "chain_sha256")),
            ],
        },
    ),
    migrations.CreateModel(
        name="CertificateName",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("version", models.ForeignKey("certificates.certificateversion", models.CASCADE, related_name="names")),
            ("kind", models.CharField(max_length=5)),
            ("value", models.CharField(max_length=1000, db_index=True)),
        ],
        options={
            "ordering": ("id",),
            "constraints": [models.UniqueConstraint(name="name_once", fields=("version", "kind", "value"))],
        },
    ),
    migrations.CreateModel(
        name="ChainMember",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            (
                "version",
                models.ForeignKey("certificates.certificateversion", models.CASCADE, related_name="chain_members"),
            ),
            ("place", models.PositiveIntegerField()),
            ("subject", models.TextField()),
            ("sha256", models.CharField(max_length=64)),
            ("not_before", models.DateTimeField()),
            ("not_after", models.DateTimeField(db_index=True)),
        ],
        options={
            "ordering": ("version", "place"),
            "constraints": [models.UniqueConstraint(name="member_once", fields=("version", "place"))],
        },
    ),
    migrations.CreateModel(
        name="SealedKey",
        fields=[
            (
                "version",
                models.OneToOneField(
                    "certificates.certificateversion",
                    models.CASCADE,
                    primary_key=True,
                    serialize=False,
                    related_name="key",
                ),
            ),
            ("token", models.BinaryField()),
        ],
    ),
)


class Migration(migrations.Migration):
    replaces = (
        ("certificates", "0001_initial"),
        ("certificates", "0002_chain_not_after"),
        ("certificates", "0003_search_and_roll_back"),
        ("certificates", "0004_tags_requests_revocation"),
        ("certificates", "0005_list_issuer_and_fetching"),
        ("certificates", "0006_finding_and_history"),
        ("certificates", "0007_issuers_and_drops"),
        ("certificates", "0008_fill_issuers"),
        ("certificates", "0009_find_by_algorithm"),
        ("certificates", "0010_chain_members"),
        ("certificates", "0011_fill_chain_members"),
    )
    initial = True
    operations = (
        CreateModels(*MODELS),
        migrations.AddField(
            "certificate",
            "current_version",
            models.ForeignKey("certificates.certificateversion", models.PROTECT, null=True, related_name="+"),
        ),
    )
