"""What nodes observe."""

from django.db import migrations, models

OBSERVATIONS = (
    migrations.CreateModel(
        name="NodeStatus",
        fields=[
            ("node", models.CharField(primary_key=True, max_length=128, serialize=False)),
            ("pid", models.PositiveIntegerField()),
            ("engine_pid", models.PositiveIntegerField(null=True)),
            ("engine_version", models.CharField(max_length=128, blank=True)),
            ("file_limit", models.PositiveIntegerField(null=True)),
            ("change_cursor", models.BigIntegerField(default=0)),
            ("problem", models.TextField(blank=True)),
            ("started_at", models.DateTimeField()),
            ("seen_at", models.DateTimeField()),
        ],
    ),
    migrations.CreateModel(
        name="ListenerStatus",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("listener", models.ForeignKey("listeners.listener", models.CASCADE, related_name="statuses")),
            ("node", models.CharField(max_length=128)),
            (
                "state",
                models.CharField(
                    max_length=10,
                    choices=[
                        ("pending", "Pending"),
                        ("running", "Running"),
                        ("stopped", "Stopped"),
                        ("rejected", "Rejected"),
                        ("blocked", "Blocked"),
                    ],
                ),
            ),
            ("desired_version", models.CharField(max_length=64, blank=True)),
            ("acknowledged_version", models.CharField(max_length=64, blank=True)),
            ("acknowledged_at", models.DateTimeField(null=True)),
            ("problems", models.JSONField(default=list)),
            ("handshakes", models.BigIntegerField(default=0)),
            ("failures", models.JSONField(default=dict)),
            ("connections_active", models.BigIntegerField(default=0)),
            ("bytes_received", models.BigIntegerField(default=0)),
            ("bytes_sent", models.BigIntegerField(default=0)),
            ("updated_at", models.DateTimeField(auto_now=True)),
        ],
        options={"constraints": [models.UniqueConstraint(name="listener_status_once", fields=("listener", "node"))]},
    ),
    migrations.CreateModel(
        name="ServerHealth",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("server", models.ForeignKey("listeners.server", models.CASCADE, related_name="health")),
            ("listener", models.ForeignKey("listeners.listener", models.CASCADE, related_name="server_health")),
            ("node", models.CharField(max_length=128)),
            (
                "state",
                models.CharField(
                    max_length=10,
                    choices=[("healthy", "Healthy"), ("unhealthy", "Unhealthy"), ("unknown", "Not checked")],
                ),
            ),
            (
                "reason",
                models.CharField(
                    max_length=200,
                    blank=True,
                    choices=[
                        ("refused", "The health check could not connect."),
                        ("timeout", "The health check got no connection in time."),
                        ("pending", "The first health check is under way."),
                        ("no-check", "The server group has no health check."),
                        ("no-weight", "Weight 0: the server takes no new connections and is not checked."),
                        ("code", "The health check was answered with a code that does not count as healthy."),
                        ("not-serving", "The server said by gRPC that it is not serving."),
                        (
                            "no-tls",
                            "The health check made no TLS connection: refused, or the certificate is not trusted.",
                        ),
                        ("unresolved", "The host name has no address that the node can find."),
                    ],
                ),
            ),
            ("http_status", models.PositiveIntegerField(default=0)),
            ("since", models.DateTimeField()),
        ],
        options={
            "constraints": [models.UniqueConstraint(name="server_health_once", fields=("server", "listener", "node"))]
        },
    ),
    migrations.CreateModel(
        name="ServedReceipt",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("listener", models.ForeignKey("listeners.listener", models.CASCADE, related_name="receipts")),
            ("node", models.CharField(max_length=128)),
            ("change_id", models.BigIntegerField(null=True)),
            ("server_name", models.CharField(max_length=255, blank=True)),
            ("expected_sha256", models.CharField(max_length=64)),
            ("served_sha256", models.CharField(max_length=64, blank=True)),
            ("is_expected", models.BooleanField()),
            ("error", models.CharField(max_length=500, blank=True)),
            ("handshake_milliseconds", models.FloatField(null=True)),
            ("commit_to_served_milliseconds", models.FloatField(null=True)),
            ("names_left_out", models.PositiveIntegerField(default=0)),
            ("at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(name="receipt_listener", fields=["listener", "-id"]),
                models.Index(name="receipt_unexpected", fields=["-id"], condition=models.Q(is_expected=False)),
            ],
        },
    ),
    migrations.CreateModel(
        name="ObservedClient",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("listener", models.ForeignKey("listeners.listener", models.CASCADE, related_name="observed_clients")),
            ("sha256", models.CharField(max_length=64)),
            ("subject", models.CharField(max_length=500, blank=True)),
            ("issuer", models.CharField(max_length=500, blank=True)),
            ("serial", models.CharField(max_length=64, blank=True)),
            ("not_after", models.DateTimeField(null=True)),
            ("reason", models.CharField(max_length=64, blank=True)),
            ("connections", models.BigIntegerField(default=0)),
            ("first_seen_at", models.DateTimeField()),
            ("last_seen_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-last_seen_at",),
            "indexes": [models.Index(name="observed_client_newest", fields=["listener", "-last_seen_at"])],
            "constraints": [models.UniqueConstraint(name="observed_client_once", fields=("listener", "sha256"))],
        },
    ),
    migrations.CreateModel(
        name="ObservedHandshake",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("listener", models.ForeignKey("listeners.listener", models.CASCADE, related_name="observed_handshakes")),
            ("node", models.CharField(max_length=128)),
            ("day", models.DateField()),
            ("version", models.CharField(max_length=7)),
            ("cipher", models.CharField(max_length=40)),
            ("connections", models.BigIntegerField(default=0)),
            ("last_client", models.GenericIPAddressField(null=True)),
            ("last_seen_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-day", "version", "cipher"),
            "indexes": [models.Index(name="observed_handshake_day", fields=["day"])],
            "constraints": [
                models.UniqueConstraint(
                    name="observed_handshake_once", fields=("listener", "node", "day", "version", "cipher")
                )
            ],
        },
    ),
)
