"""Certificates that are renewed by themselves, in one step for a new database."""

from django.db import migrations, models

from console import ids
from console.creating import CreateModels

MODELS = (
    migrations.CreateModel(
        name="AcmeAccount",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.account_id, editable=False, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=128, unique=True)),
            ("directory_url", models.CharField(max_length=2000)),
            ("contact", models.CharField(max_length=254, blank=True)),
            ("trusted_ca_pem", models.TextField(blank=True)),
            ("key", models.BinaryField()),
            ("account_url", models.CharField(max_length=2000, blank=True)),
            ("eab_key_id", models.CharField(max_length=255, blank=True)),
            ("eab_key", models.BinaryField(null=True)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={"ordering": ("name", "id")},
    ),
    migrations.CreateModel(
        name="Renewal",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.renewal_id, editable=False, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=128)),
            ("source", models.CharField(max_length=16, choices=[("acme", "ACME"), ("authority", "Private authority")])),
            ("account", models.ForeignKey("renewals.acmeaccount", models.PROTECT, null=True, related_name="renewals")),
            (
                "authority",
                models.ForeignKey("authorities.authority", models.PROTECT, null=True, related_name="renewals"),
            ),
            (
                "certificate",
                models.OneToOneField("certificates.certificate", models.CASCADE, null=True, related_name="renewal"),
            ),
            ("names", models.JSONField(default=list)),
            ("key_type", models.CharField(max_length=16, default="P-256")),
            (
                "challenge",
                models.CharField(
                    max_length=16,
                    blank=True,
                    choices=[("tls-alpn-01", "TLS-ALPN-01"), ("http-01", "HTTP-01"), ("dns-01", "DNS-01")],
                ),
            ),
            ("dns_hook", models.CharField(max_length=500, blank=True)),
            ("days", models.PositiveIntegerField(default=90)),
            (
                "state",
                models.CharField(
                    max_length=16,
                    default="waiting",
                    choices=[
                        ("waiting", "Waiting"),
                        ("running", "Running"),
                        ("failed", "Failed"),
                        ("paused", "Paused"),
                    ],
                ),
            ),
            ("next_attempt_at", models.DateTimeField(null=True, db_index=True)),
            ("lease", models.UUIDField(null=True)),
            ("leased_until", models.DateTimeField(null=True)),
            ("failures", models.PositiveIntegerField(default=0)),
            ("failing_since", models.DateTimeField(null=True)),
            ("last_problem", models.JSONField(default=dict)),
            ("window_start", models.DateTimeField(null=True)),
            ("window_end", models.DateTimeField(null=True)),
            ("next_information_at", models.DateTimeField(null=True, db_index=True)),
            ("versions_issued", models.PositiveIntegerField(default=0)),
            ("renewed_at", models.DateTimeField(null=True)),
            ("order_url", models.CharField(max_length=2000, blank=True)),
            ("order_key", models.BinaryField(null=True)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={"ordering": ("-created_at", "id")},
    ),
    migrations.CreateModel(
        name="Attempt",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("renewal", models.ForeignKey("renewals.renewal", models.CASCADE, related_name="attempts")),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            (
                "outcome",
                models.CharField(
                    max_length=16,
                    blank=True,
                    choices=[("issued", "Issued"), ("failed", "Failed"), ("interrupted", "Interrupted")],
                ),
            ),
            ("problem", models.JSONField(default=dict)),
        ],
        options={"ordering": ("-id",)},
    ),
    migrations.CreateModel(
        name="PendingChallenge",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("renewal", models.ForeignKey("renewals.renewal", models.CASCADE, related_name="challenges")),
            (
                "kind",
                models.CharField(
                    max_length=16,
                    choices=[("tls-alpn-01", "TLS-ALPN-01"), ("http-01", "HTTP-01"), ("dns-01", "DNS-01")],
                ),
            ),
            ("host", models.CharField(max_length=255)),
            ("token", models.CharField(max_length=255, db_index=True)),
            ("key_authorization", models.CharField(max_length=500)),
            ("leaf_pem", models.TextField(blank=True)),
            ("sha256", models.CharField(max_length=64, blank=True)),
            ("key", models.BinaryField(null=True)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
        ],
        options={
            "ordering": ("id",),
            "constraints": [models.UniqueConstraint(name="challenge_once", fields=("renewal", "host", "token"))],
        },
    ),
)


class Migration(migrations.Migration):
    replaces = (
        ("renewals", "0001_initial"),
        ("renewals", "0002_leases_and_windows"),
        ("renewals", "0003_count_versions"),
    )
    initial = True
    dependencies = (("authorities", "0001_initial"), ("certificates", "0004_tags_requests_revocation"))
    operations = (CreateModels(*MODELS),)
