"""Tokens, access keys, remembered answers and failures to sign in, in one step for a new database."""

from django.conf import settings
from django.db import migrations, models

from console.creating import CreateModels

MODELS = (
    migrations.CreateModel(
        name="ApiToken",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("user", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")),
            ("name", models.CharField(max_length=100, blank=True)),
            ("digest", models.CharField(max_length=64, unique=True)),
            ("scopes", models.JSONField(default=list)),
            ("expires_at", models.DateTimeField(blank=True, null=True)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("last_used_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={"ordering": ("-id",)},
    ),
    migrations.CreateModel(
        name="RememberedAnswer",
        fields=[
            ("key", models.CharField(primary_key=True, max_length=64, serialize=False)),
            ("fingerprint", models.CharField(max_length=64)),
            ("status", models.PositiveSmallIntegerField(default=0)),
            ("headers", models.JSONField(default=dict)),
            ("sealed_body", models.BinaryField(default=bytes)),
            ("created_at", models.DateTimeField(db_index=True)),
        ],
    ),
    migrations.CreateModel(
        name="AccessKey",
        fields=[
            ("id", models.CharField(primary_key=True, max_length=32, editable=False, serialize=False)),
            ("user", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_keys")),
            ("name", models.CharField(max_length=100, blank=True)),
            ("sealed_secret", models.BinaryField()),
            ("is_enabled", models.BooleanField(default=True)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("last_used_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={"ordering": ("-created_at", "id")},
    ),
    migrations.CreateModel(
        name="SignInFailures",
        fields=[
            ("key", models.CharField(primary_key=True, max_length=64, serialize=False)),
            ("count", models.PositiveIntegerField(default=0)),
            ("until", models.DateTimeField(db_index=True)),
        ],
    ),
)


class Migration(migrations.Migration):
    replaces = (
        ("access", "0001_initial"),
        ("access", "0002_sign_in_failures"),
        ("access", "0003_access_keys"),
        ("access", "0004_scopes_and_answers"),
    )
    initial = True
    dependencies = (migrations.swappable_dependency(settings.AUTH_USER_MODEL),)
    operations = (CreateModels(*MODELS),)
