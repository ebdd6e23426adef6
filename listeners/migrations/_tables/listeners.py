"""Listeners, their certificates, policies and history."""

from django.db import migrations, models

from console import ids

LISTENERS = (
    migrations.CreateModel(
        name="SecurityPolicy",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.security_policy_id, editable=False, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=200)),
            ("region", models.CharField(max_length=64)),
            ("versions", models.JSONField()),
            ("ciphers", models.JSONField()),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
            ("updated_at", models.DateTimeField(auto_now=True)),
            ("updated_by", models.CharField(max_length=200)),
        ],
        options={
            "ordering": ("name",),
            "constraints": [models.UniqueConstraint(name="security_policy_name_once", fields=("region", "name"))],
        },
    ),
    migrations.CreateModel(
        name="Listener",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.listener_id, editable=False, serialize=False
                ),
            ),
            ("load_balancer", models.ForeignKey("listeners.loadbalancer", models.PROTECT, related_name="listeners")),
            (
                "server_group",
                models.ForeignKey("listeners.servergroup", models.PROTECT, null=True, related_name="listeners"),
            ),
            (
                "protocol",
                models.CharField(
                    max_length=8,
                    default="TCPSSL",
                    choices=[
                        ("TCP", "TCP"),
                        ("UDP", "UDP"),
                        ("TCPSSL", "TCPSSL"),
                        ("HTTP", "HTTP"),
                        ("HTTPS", "HTTPS"),
                        ("QUIC", "QUIC"),
                    ],
                ),
            ),
            ("transport", models.CharField(max_length=3, default="tcp", choices=[("tcp", "TCP"), ("udp", "UDP")])),
            ("port", models.PositiveIntegerField()),
            ("name", models.CharField(max_length=256, blank=True)),
            (
                "desired",
                models.CharField(
                    max_length=8, default="running", choices=[("running", "Running"), ("stopped", "Stopped")]
                ),
            ),
            ("idle_timeout_seconds", models.PositiveIntegerField(default=900)),
            ("request_timeout_seconds", models.PositiveIntegerField(default=60)),
            ("security_policy", models.CharField(max_length=64, blank=True)),
            (
                "alpn_policy",
                models.CharField(
                    max_length=16,
                    blank=True,
                    choices=[
                        ("HTTP1Only", "HTTP1Only"),
                        ("HTTP2Only", "HTTP2Only"),
                        ("HTTP2Optional", "HTTP2Optional"),
                        ("HTTP2Preferred", "HTTP2Preferred"),
                    ],
                ),
            ),
            ("proxy_protocol_enabled", models.BooleanField(default=False)),
            ("connections_per_second", models.PositiveIntegerField(default=0)),
            ("mutual_authentication", models.BooleanField(default=False)),
            (
                "mutual_authentication_mode",
                models.CharField(
                    max_length=8, default="enforce", choices=[("enforce", "Enforce"), ("observe", "Observe")]
                ),
            ),
            ("http2_enabled", models.BooleanField(default=True)),
            ("compression_enabled", models.BooleanField(default=True)),
            (
                "quic_listener",
                models.OneToOneField(
                    "listeners.listener", models.PROTECT, blank=True, null=True, related_name="announced_by"
                ),
            ),
            ("redirect_port", models.PositiveIntegerField(null=True)),
            ("forwarded_headers", models.JSONField(default=dict)),
            ("access_log_enabled", models.BooleanField(default=False)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
            ("updated_at", models.DateTimeField(auto_now=True)),
            ("updated_by", models.CharField(max_length=200)),
        ],
        options={
            "ordering": ("load_balancer", "port"),
            "indexes": [models.Index(name="listener_port", fields=["port"])],
            "constraints": [
                models.UniqueConstraint(name="listener_port_once", fields=("load_balancer", "port", "transport"))
            ],
        },
    ),
    migrations.CreateModel(
        name="Binding",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("listener", models.ForeignKey("listeners.listener", models.CASCADE, related_name="bindings")),
            ("certificate", models.ForeignKey("certificates.certificate", models.PROTECT, related_name="bindings")),
            (
                "role",
                models.CharField(
                    max_length=10, choices=[("default", "Default"), ("additional", "Additional"), ("ca", "CA")]
                ),
            ),
            ("domain", models.CharField(max_length=255, blank=True)),
            (
                "previous_certificate",
                models.ForeignKey("certificates.certificate", models.SET_NULL, blank=True, null=True, related_name="+"),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True)),
        ],
        options={
            "ordering": ("id",),
            "constraints": [
                models.UniqueConstraint(name="binding_once", fields=("listener", "certificate", "role", "domain")),
                models.UniqueConstraint(
                    name="binding_domain_once", fields=("listener", "domain"), condition=~models.Q(domain="")
                ),
                models.UniqueConstraint(
                    name="binding_single_roles",
                    fields=("listener", "role"),
                    condition=models.Q(role__in=("default", "ca")),
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="TicketKey",
        fields=[
            ("epoch", models.BigIntegerField(primary_key=True, serialize=False)),
            ("token", models.BinaryField()),
        ],
    ),
    migrations.CreateModel(
        name="ListenerState",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("listener", models.ForeignKey("listeners.listener", models.CASCADE, related_name="history")),
            ("change_id", models.BigIntegerField()),
            ("state", models.JSONField()),
            ("at", models.DateTimeField(auto_now_add=True)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [models.Index(name="listener_state_newest", fields=["listener", "-id"])],
        },
    ),
)
