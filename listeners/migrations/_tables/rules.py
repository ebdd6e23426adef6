"""Forwarding rules."""

from django.db import migrations, models

from console import ids

RULES = (
    migrations.CreateModel(
        name="ForwardingRule",
        fields=[
            (
                "id",
                models.CharField(primary_key=True, max_length=32, default=ids.rule_id, editable=False, serialize=False),
            ),
            ("listener", models.ForeignKey("listeners.listener", models.CASCADE, related_name="rules")),
            ("name", models.CharField(max_length=128)),
            ("priority", models.PositiveIntegerField()),
            (
                "direction",
                models.CharField(
                    max_length=8, default="Request", choices=[("Request", "Requests"), ("Response", "Responses")]
                ),
            ),
            ("conditions", models.JSONField(default=list)),
            ("actions", models.JSONField(default=list)),
            ("follows_listener", models.BooleanField(default=False)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
            ("updated_at", models.DateTimeField(auto_now=True)),
            ("updated_by", models.CharField(max_length=200)),
        ],
        options={
            "ordering": ("listener", "direction", "priority"),
            "constraints": [
                models.UniqueConstraint(name="rule_priority_once", fields=("listener", "direction", "priority"))
            ],
        },
    ),
    migrations.CreateModel(
        name="RuleServerGroup",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("rule", models.ForeignKey("listeners.forwardingrule", models.CASCADE, related_name="server_groups")),
            ("server_group", models.ForeignKey("listeners.servergroup", models.PROTECT, related_name="rules")),
        ],
        options={
            "constraints": [models.UniqueConstraint(name="rule_server_group_once", fields=("rule", "server_group"))]
        },
    ),
)
