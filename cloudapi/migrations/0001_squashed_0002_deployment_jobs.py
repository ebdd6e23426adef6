"""What the cloud-compatible API remembers, in one step for a new database."""

import uuid

from django.conf import settings
from django.db import migrations, models

from console.creating import CreateModels

MODELS = (
    migrations.CreateModel(
        name="UsedNonce",
        fields=[
            ("key", models.CharField(primary_key=True, max_length=64, serialize=False)),
            ("until", models.DateTimeField(db_index=True)),
        ],
    ),
    migrations.CreateModel(
        name="TokenAnswer",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("user", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")),
            ("product", models.CharField(max_length=16)),
            ("action", models.CharField(max_length=64)),
            ("token", models.CharField(max_length=64)),
            ("fingerprint", models.CharField(max_length=64)),
            ("answer", models.JSONField(null=True)),
            ("until", models.DateTimeField(db_index=True)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(name="token_answer_once", fields=("user", "product", "action", "token"))
            ]
        },
    ),
    migrations.CreateModel(
        name="Job",
        fields=[
            ("id", models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, serialize=False)),
            ("product", models.CharField(max_length=16)),
            ("action", models.CharField(max_length=64)),
            ("resource_type", models.CharField(max_length=32)),
            ("resource_id", models.CharField(max_length=64, blank=True)),
            ("operate_type", models.CharField(max_length=16)),
            ("change_id", models.BigIntegerField()),
            ("created_at", models.DateTimeField(db_index=True)),
        ],
        options={"ordering": ("-created_at", "id")},
    ),
    migrations.CreateModel(
        name="CloudExtra",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("object_type", models.CharField(max_length=32)),
            ("object_id", models.CharField(max_length=64)),
            ("values", models.JSONField(default=dict)),
        ],
        options={
            "constraints": [models.UniqueConstraint(name="cloud_extra_once", fields=("object_type", "object_id"))]
        },
    ),
    migrations.CreateModel(
        name="CertificateNumber",
        fields=[
            ("number", models.BigAutoField(primary_key=True, serialize=False)),
            ("certificate", models.OneToOneField("certificates.certificate", models.CASCADE, related_name="+")),
            ("uuid", models.UUIDField(unique=True, default=uuid.uuid4, editable=False)),
        ],
    ),
    migrations.CreateModel(
        name="CloudNumber",
        fields=[
            ("number", models.BigAutoField(primary_key=True, serialize=False)),
            ("object_type", models.CharField(max_length=32)),
            ("object_id", models.CharField(max_length=64)),
        ],
        options={
            "constraints": [models.UniqueConstraint(name="cloud_number_once", fields=("object_type", "object_id"))]
        },
    ),
    migrations.CreateModel(
        name="DeploymentJob",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("name", models.CharField(max_length=200)),
            ("job_type", models.CharField(max_length=8, default="user")),
            (
                "status",
                models.CharField(
                    max_length=12,
                    db_index=True,
                    default="editing",
                    choices=[
                        ("editing", "Editing"),
                        ("pending", "Pending"),
                        ("scheduling", "Scheduled"),
                        ("processing", "Processing"),
                        ("success", "Succeeded"),
                        ("error", "Failed"),
                    ],
                ),
            ),
            ("contacts", models.JSONField(default=list)),
            ("scheduled_at", models.DateTimeField(null=True)),
            ("started_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
            ("created_by", models.CharField(max_length=200)),
            ("user", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("updated_at", models.DateTimeField(auto_now=True)),
            ("certificates", models.ManyToManyField("certificates.certificate", related_name="+")),
        ],
        options={"ordering": ("-id",)},
    ),
    migrations.CreateModel(
        name="DeploymentTarget",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("job", models.ForeignKey("cloudapi.deploymentjob", models.CASCADE, related_name="targets")),
            ("slot", models.PositiveBigIntegerField()),
            ("binding", models.ForeignKey("listeners.binding", models.SET_NULL, null=True, related_name="+")),
            ("product", models.CharField(max_length=8)),
            (
                "status",
                models.CharField(
                    max_length=8,
                    default="pending",
                    choices=[("pending", "Pending"), ("success", "Succeeded"), ("error", "Failed")],
                ),
            ),
            (
                "certificate",
                models.ForeignKey("certificates.certificate", models.SET_NULL, null=True, related_name="+"),
            ),
            ("problem", models.CharField(max_length=500, blank=True)),
        ],
        options={
            "ordering": ("id",),
            "constraints": [models.UniqueConstraint(name="deployment_target_once", fields=("job", "slot"))],
        },
    ),
)


class Migration(migrations.Migration):
    replaces = (("cloudapi", "0001_initial"), ("cloudapi", "0002_deployment_jobs"))
    initial = True
    dependencies = (
        ("certificates", "0011_fill_chain_members"),
        ("listeners", "0010_server_groups_of_classic_load_balancers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    )
    operations = (CreateModels(*MODELS),)
