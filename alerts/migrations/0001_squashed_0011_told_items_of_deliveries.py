"""Alert rules, contacts, channels and deliveries, in one step for a new database."""

import uuid

from django.conf import settings
from django.db import migrations, models

from alerts.migrations._first_rules import lay_first_rules
from console import ids
from console.creating import CreateModels

MODELS = (
    migrations.CreateModel(
        name="AllowedRange",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("network", models.CharField(max_length=64, unique=True)),
            ("reason", models.CharField(max_length=200)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={"ordering": ("network",)},
    ),
    migrations.CreateModel(
        name="Contact",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.contact_id, editable=False, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=128, unique=True)),
            ("email", models.CharField(max_length=320)),
            ("language", models.CharField(max_length=16, blank=True)),
            (
                "user",
                models.OneToOneField(
                    settings.AUTH_USER_MODEL, models.SET_NULL, blank=True, null=True, related_name="contact"
                ),
            ),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={"ordering": ("name",)},
    ),
    migrations.CreateModel(
        name="Channel",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.channel_id, editable=False, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=128, unique=True)),
            (
                "kind",
                models.CharField(
                    max_length=16,
                    choices=[
                        ("email", "Email"),
                        ("webhook", "Webhook"),
                        ("callback", "Form callback"),
                        ("apprise", "Chat or paging service"),
                    ],
                ),
            ),
            ("target", models.CharField(max_length=2000)),
            ("sealed_target", models.BinaryField(null=True)),
            ("sealed_secret", models.BinaryField(null=True)),
            ("sealed_previous_secret", models.BinaryField(null=True)),
            ("previous_secret_until", models.DateTimeField(null=True)),
            ("contact", models.OneToOneField("alerts.contact", models.CASCADE, null=True, related_name="channel")),
            ("language", models.CharField(max_length=16, blank=True)),
            ("enabled", models.BooleanField(default=True)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
            ("failures_in_a_row", models.PositiveIntegerField(default=0)),
            ("failing_since", models.DateTimeField(null=True)),
            ("last_error", models.TextField(blank=True)),
            ("last_sent_at", models.DateTimeField(null=True)),
            ("disabled_reason", models.TextField(blank=True)),
        ],
        options={"ordering": ("name",)},
    ),
    migrations.CreateModel(
        name="ContactGroup",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.contact_group_id, editable=False, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=128, unique=True)),
            ("time_zone", models.CharField(max_length=64, default="UTC")),
            ("quiet_from", models.TimeField(null=True)),
            ("quiet_until", models.TimeField(null=True)),
            (
                "pace",
                models.CharField(
                    max_length=8,
                    default="at-once",
                    choices=[("at-once", "At once"), ("daily", "Daily digest"), ("weekly", "Weekly digest")],
                ),
            ),
            ("digest_at", models.TimeField(null=True)),
            ("digest_weekday", models.PositiveSmallIntegerField(null=True)),
            ("is_default", models.BooleanField(default=False)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
            ("contacts", models.ManyToManyField("alerts.contact", related_name="groups")),
            ("channels", models.ManyToManyField("alerts.channel", related_name="groups")),
        ],
        options={
            "ordering": ("name",),
            "constraints": [
                models.UniqueConstraint(
                    name="one_default_group", fields=("is_default",), condition=models.Q(is_default=True)
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="CalendarFeed",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            (
                "group",
                models.ForeignKey("alerts.contactgroup", models.CASCADE, null=True, related_name="calendar_feeds"),
            ),
            ("user", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feeds")),
            ("name", models.CharField(max_length=128)),
            ("token_sha256", models.CharField(max_length=64, unique=True)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("last_read_at", models.DateTimeField(null=True)),
        ],
        options={"ordering": ("name", "id")},
    ),
    migrations.CreateModel(
        name="Delivery",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("key", models.UUIDField(unique=True, default=uuid.uuid4, editable=False)),
            ("channel", models.ForeignKey("alerts.channel", models.CASCADE, related_name="deliveries")),
            ("group", models.ForeignKey("alerts.contactgroup", models.SET_NULL, null=True, related_name="+")),
            (
                "kind",
                models.CharField(
                    max_length=16,
                    choices=[
                        ("expiry", "Expiry"),
                        ("renewal", "Renewal failure"),
                        ("crl", "Revocation list"),
                        ("outside", "Certificate outside"),
                        ("serving", "Data plane failure"),
                        ("resolved", "Resolved"),
                        ("channel", "Channel failure"),
                        ("test", "Test"),
                    ],
                ),
            ),
            (
                "state",
                models.CharField(
                    max_length=10,
                    default="pending",
                    choices=[
                        ("pending", "Pending"),
                        ("sending", "Sending"),
                        ("sent", "Sent"),
                        ("failed", "Failed"),
                        ("cancelled", "Cancelled"),
                    ],
                ),
            ),
            ("attempts", models.PositiveIntegerField(default=0)),
            ("next_attempt_at", models.DateTimeField()),
            ("lease", models.UUIDField(null=True)),
            ("lease_until", models.DateTimeField(null=True)),
            ("sent_at", models.DateTimeField(null=True)),
            ("settled_recipients", models.JSONField(default=dict)),
            ("last_error", models.TextField(blank=True)),
            ("last_answer", models.TextField(blank=True)),
            ("created_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(name="delivery_due", fields=["state", "next_attempt_at"]),
                models.Index(name="delivery_channel", fields=["channel", "-id"]),
            ],
        },
    ),
    migrations.CreateModel(
        name="DeliveryNotice",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("delivery", models.ForeignKey("alerts.delivery", models.CASCADE, related_name="items")),
            ("notice", models.ForeignKey("events.notice", models.CASCADE, related_name="deliveries")),
            ("channel", models.ForeignKey("alerts.channel", models.CASCADE, related_name="+")),
            ("is_resolution", models.BooleanField(default=False)),
            ("is_told", models.BooleanField(default=False)),
            ("is_void", models.BooleanField(default=False)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    name="notice_channel_once",
                    fields=("notice", "channel", "is_resolution"),
                    condition=models.Q(is_void=False),
                )
            ]
        },
    ),
    migrations.CreateModel(
        name="DeliveryAttempt",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("delivery", models.ForeignKey("alerts.delivery", models.CASCADE, related_name="attempt_log")),
            ("number", models.PositiveIntegerField()),
            ("started_at", models.DateTimeField()),
            ("finished_at", models.DateTimeField(null=True)),
            ("succeeded", models.BooleanField(default=False)),
            ("request", models.TextField(blank=True)),
            ("answer", models.TextField(blank=True)),
            ("error", models.TextField(blank=True)),
        ],
        options={"ordering": ("id",)},
    ),
    migrations.CreateModel(
        name="Scan",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("started_at", models.DateTimeField(db_index=True)),
            ("finished_at", models.DateTimeField(null=True)),
            ("requested_by", models.CharField(max_length=200)),
            ("notices_made", models.PositiveIntegerField(default=0)),
            ("deliveries_made", models.PositiveIntegerField(default=0)),
            ("problem", models.TextField(blank=True)),
        ],
        options={"ordering": ("-id",)},
    ),
    migrations.CreateModel(
        name="HandshakeWatch",
        fields=[
            (
                "listener",
                models.OneToOneField(
                    "listeners.listener", models.CASCADE, primary_key=True, serialize=False, related_name="+"
                ),
            ),
            ("looked_at", models.DateTimeField()),
            ("completed", models.BigIntegerField(default=0)),
            ("failed", models.BigIntegerField(default=0)),
            ("recent_completed", models.BigIntegerField(default=0)),
            ("recent_failed", models.BigIntegerField(default=0)),
            ("usual_completed", models.FloatField(default=0)),
            ("usual_failed", models.FloatField(default=0)),
            ("jumped_since", models.DateTimeField(null=True)),
        ],
    ),
    migrations.CreateModel(
        name="AlertRule",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.alert_rule_id, editable=False, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=128, unique=True)),
            ("position", models.PositiveIntegerField()),
            ("enabled", models.BooleanField(default=True)),
            ("is_default", models.BooleanField(default=False)),
            ("subject_kinds", models.JSONField(default=list)),
            ("certificate_kinds", models.JSONField(default=list)),
            ("tag_key", models.CharField(max_length=64, blank=True)),
            ("tag_value", models.CharField(max_length=128, blank=True)),
            ("owner", models.CharField(max_length=200, blank=True)),
            ("product", models.CharField(max_length=8, blank=True)),
            ("listener_id", models.CharField(max_length=32, blank=True)),
            ("only_unused", models.BooleanField(default=False)),
            ("thresholds_hours", models.JSONField(default=list)),
            ("mutes", models.BooleanField(default=False)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={
            "ordering": ("position", "id"),
            "constraints": [
                models.UniqueConstraint(
                    name="one_default_rule", fields=("is_default",), condition=models.Q(is_default=True)
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="AlertStep",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("rule", models.ForeignKey("alerts.alertrule", models.CASCADE, related_name="steps")),
            ("after_hours", models.PositiveIntegerField(default=0)),
            ("group", models.ForeignKey("alerts.contactgroup", models.PROTECT, null=True, related_name="steps")),
            ("to_owner", models.BooleanField(default=False)),
        ],
        options={"ordering": ("after_hours", "id")},
    ),
    migrations.CreateModel(
        name="Acknowledgement",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("subject_kind", models.CharField(max_length=32)),
            ("subject_id", models.CharField(max_length=64)),
            ("generation", models.CharField(max_length=64)),
            ("until", models.DateTimeField(null=True)),
            ("reason", models.CharField(max_length=500)),
            ("by", models.CharField(max_length=200)),
            ("at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-at",),
            "constraints": [
                models.UniqueConstraint(name="acknowledged_once", fields=("subject_kind", "subject_id", "generation"))
            ],
        },
    ),
    migrations.CreateModel(
        name="Heartbeat",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("sealed_url", models.BinaryField(null=True)),
            ("host", models.CharField(max_length=255, blank=True)),
            ("last_at", models.DateTimeField(null=True)),
            ("last_problem", models.CharField(max_length=500, blank=True)),
            ("revision", models.PositiveIntegerField(default=1)),
        ],
    ),
)


class Migration(migrations.Migration):
    replaces = (
        ("alerts", "0001_initial"),
        ("alerts", "0002_deliveries_by_lease"),
        ("alerts", "0003_tell_renewals"),
        ("alerts", "0004_tell_revocation_lists"),
        ("alerts", "0005_rules_and_people"),
        ("alerts", "0006_first_rules"),
        ("alerts", "0007_void_items_of_deliveries"),
        ("alerts", "0008_handshake_watch"),
        ("alerts", "0009_allow_ranges_in_use"),
        ("alerts", "0010_notices_of_authorities"),
        ("alerts", "0011_told_items_of_deliveries"),
    )
    initial = True
    dependencies = (
        ("authorities", "0001_initial"),
        ("events", "0005_notices_that_are_withdrawn"),
        ("listeners", "0010_server_groups_of_classic_load_balancers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    )
    operations = (CreateModels(*MODELS), migrations.RunPython(lay_first_rules, migrations.RunPython.noop))
