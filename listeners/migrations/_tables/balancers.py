"""Load balancers, server groups, and what is about any object of a region."""

from django.db import migrations, models

from console import ids

BALANCERS = (
    migrations.CreateModel(
        name="LoadBalancer",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.load_balancer_id, editable=False, serialize=False
                ),
            ),
            (
                "product",
                models.CharField(
                    max_length=3,
                    default="NLB",
                    choices=[
                        ("NLB", "Network Load Balancer"),
                        ("ALB", "Application Load Balancer"),
                        ("CLB", "Classic Load Balancer"),
                    ],
                ),
            ),
            (
                "edition",
                models.CharField(
                    max_length=16,
                    blank=True,
                    choices=[
                        ("Basic", "Basic"),
                        ("Standard", "Standard"),
                        ("Extended", "Extended"),
                        ("StandardWithWaf", "WAF-enabled"),
                    ],
                ),
            ),
            ("name", models.CharField(max_length=128, unique=True)),
            ("region", models.CharField(max_length=64)),
            ("bind_address", models.GenericIPAddressField()),
            ("deletion_protection", models.BooleanField(default=False)),
            ("deletion_protection_reason", models.CharField(max_length=128, blank=True)),
            ("modification_protection", models.BooleanField(default=False)),
            ("modification_protection_reason", models.CharField(max_length=128, blank=True)),
            ("default_servers", models.JSONField(default=list)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={"ordering": ("name",)},
    ),
    migrations.CreateModel(
        name="ServerGroup",
        fields=[
            (
                "id",
                models.CharField(
                    primary_key=True, max_length=32, default=ids.server_group_id, editable=False, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=128, unique=True)),
            (
                "protocol",
                models.CharField(
                    max_length=8,
                    default="TCP",
                    choices=[
                        ("TCP", "TCP"),
                        ("UDP", "UDP"),
                        ("TCP_UDP", "TCP_UDP"),
                        ("HTTP", "HTTP"),
                        ("HTTPS", "HTTPS"),
                        ("gRPC", "gRPC"),
                    ],
                ),
            ),
            (
                "scheduler",
                models.CharField(
                    max_length=4,
                    default="wrr",
                    choices=[
                        ("wrr", "Weighted round robin"),
                        ("rr", "Round robin"),
                        ("wlc", "Weighted least connections"),
                        ("sch", "Consistent hash of the source address"),
                        ("tch", "Consistent hash of both addresses and ports"),
                        ("uch", "Consistent hash of a URL parameter"),
                    ],
                ),
            ),
            ("hash_parameter", models.CharField(max_length=100, blank=True)),
            (
                "stickiness",
                models.CharField(
                    max_length=6,
                    blank=True,
                    choices=[("", "Off"), ("insert", "Inserted cookie"), ("server", "Rewritten cookie of the server")],
                ),
            ),
            ("cookie", models.CharField(max_length=200, blank=True)),
            ("cookie_timeout_seconds", models.PositiveIntegerField(default=1000)),
            ("slow_start_seconds", models.PositiveIntegerField(default=0)),
            ("connection_drain_seconds", models.PositiveIntegerField(null=True)),
            ("verify_servers", models.BooleanField(default=False)),
            (
                "ca_certificate",
                models.ForeignKey(
                    "certificates.certificate", models.PROTECT, blank=True, null=True, related_name="server_groups"
                ),
            ),
            ("server_name", models.CharField(max_length=253, blank=True)),
            ("health_check_enabled", models.BooleanField(default=True)),
            (
                "health_check_protocol",
                models.CharField(
                    max_length=5,
                    default="TCP",
                    choices=[("TCP", "TCP"), ("HTTP", "HTTP"), ("HTTPS", "HTTPS"), ("gRPC", "gRPC")],
                ),
            ),
            ("health_check_host", models.CharField(max_length=80, blank=True)),
            ("health_check_path", models.CharField(max_length=80, default="/")),
            ("health_check_method", models.CharField(max_length=4, default="HEAD")),
            ("health_check_codes", models.JSONField(default=list)),
            ("health_check_port", models.PositiveIntegerField(default=0)),
            ("health_check_timeout_seconds", models.PositiveIntegerField(default=5)),
            ("health_check_interval_seconds", models.PositiveIntegerField(default=5)),
            ("healthy_threshold", models.PositiveIntegerField(default=2)),
            ("unhealthy_threshold", models.PositiveIntegerField(default=2)),
            (
                "load_balancer",
                models.ForeignKey(
                    "listeners.loadbalancer", models.SET_NULL, blank=True, null=True, related_name="own_server_groups"
                ),
            ),
            (
                "variant_of",
                models.ForeignKey(
                    "listeners.servergroup", models.PROTECT, blank=True, null=True, related_name="variants"
                ),
            ),
            ("backend_port", models.PositiveIntegerField(null=True)),
            ("revision", models.PositiveIntegerField(default=1)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={"ordering": ("name",)},
    ),
    migrations.CreateModel(
        name="Server",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("group", models.ForeignKey("listeners.servergroup", models.CASCADE, related_name="servers")),
            ("address", models.CharField(max_length=253)),
            ("port", models.PositiveIntegerField()),
            ("weight", models.PositiveIntegerField(default=100)),
            ("description", models.CharField(max_length=256, blank=True)),
        ],
        options={
            "ordering": ("id",),
            "indexes": [models.Index(name="server_address", fields=["address"])],
            "constraints": [models.UniqueConstraint(name="server_once", fields=("group", "address", "port"))],
        },
    ),
    migrations.CreateModel(
        name="Quota",
        fields=[
            ("name", models.CharField(primary_key=True, max_length=64, serialize=False)),
            ("limit", models.PositiveIntegerField()),
            ("description", models.CharField(max_length=200)),
        ],
        options={"ordering": ("name",)},
    ),
    migrations.CreateModel(
        name="ResourceTag",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("object_type", models.CharField(max_length=32)),
            ("object_id", models.CharField(max_length=32)),
            ("key", models.CharField(max_length=128)),
            ("value", models.CharField(max_length=128, blank=True)),
        ],
        options={
            "ordering": ("key",),
            "indexes": [models.Index(name="resource_tag_key_value", fields=["object_type", "key", "value"])],
            "constraints": [
                models.UniqueConstraint(name="resource_tag_once", fields=("object_type", "object_id", "key"))
            ],
        },
    ),
    migrations.CreateModel(
        name="RegionalCertificate",
        fields=[
            ("id", models.BigAutoField(verbose_name="ID", primary_key=True, serialize=False, auto_created=True)),
            ("certificate", models.ForeignKey("certificates.certificate", models.CASCADE, related_name="regions")),
            ("region", models.CharField(max_length=64)),
            ("name", models.CharField(max_length=128, blank=True)),
            ("is_upload", models.BooleanField(default=False)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("created_by", models.CharField(max_length=200)),
        ],
        options={
            "ordering": ("region", "certificate"),
            "constraints": [
                models.UniqueConstraint(name="regional_certificate_once", fields=("region", "certificate"))
            ],
        },
    ),
)
