"""Server groups and their servers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate
from console.ids import server_group_id
from listeners.models.load_balancer import LoadBalancer


class ServerGroup(models.Model):
    """A named set of backends, how connections are spread over it, and how its health is checked.

    Ranges and defaults follow the cloud's server groups; which apply depends on the protocol (listeners.backends).
    """

    class Protocol(models.TextChoices):
        """What the servers speak: it decides which listeners can forward to the group."""

        TCP = "TCP", "TCP"
        UDP = "UDP", "UDP"
        TCP_UDP = "TCP_UDP", "TCP_UDP"
        HTTP = "HTTP", "HTTP"
        HTTPS = "HTTPS", "HTTPS"
        GRPC = "gRPC", "gRPC"

    class Scheduler(models.TextChoices):
        """How a server is chosen for a connection or request."""

        WEIGHTED_ROUND_ROBIN = "wrr", _("Weighted round robin")
        ROUND_ROBIN = "rr", _("Round robin")
        WEIGHTED_LEAST_CONNECTIONS = "wlc", _("Weighted least connections")
        SOURCE_IP_HASH = "sch", _("Consistent hash of the source address")
        FOUR_TUPLE_HASH = "tch", _("Consistent hash of both addresses and ports")
        PARAMETER_HASH = "uch", _("Consistent hash of a URL parameter")

    class Stickiness(models.TextChoices):
        """How a client comes back to the server that it had."""

        OFF = "", _("Off")
        INSERT = "insert", _("Inserted cookie")
        SERVER = "server", _("Rewritten cookie of the server")

    class CheckProtocol(models.TextChoices):
        """What the health check speaks."""

        TCP = "TCP", "TCP"
        HTTP = "HTTP", "HTTP"
        HTTPS = "HTTPS", "HTTPS"
        GRPC = "gRPC", "gRPC"

    id = models.CharField(primary_key=True, max_length=32, default=server_group_id, editable=False)
    name = models.CharField(max_length=128, unique=True)
    protocol = models.CharField(max_length=8, choices=Protocol.choices, default=Protocol.TCP)
    scheduler = models.CharField(max_length=4, choices=Scheduler.choices, default=Scheduler.WEIGHTED_ROUND_ROBIN)
    hash_parameter = models.CharField(max_length=100, blank=True)  # of the scheduler uch
    stickiness = models.CharField(max_length=6, choices=Stickiness.choices, blank=True)
    cookie = models.CharField(max_length=200, blank=True)  # the name that the servers give theirs
    cookie_timeout_seconds = models.PositiveIntegerField(default=1000)  # of the inserted cookie, 1-86400
    slow_start_seconds = models.PositiveIntegerField(default=0)  # 30-900; 0: none
    connection_drain_seconds = models.PositiveIntegerField(null=True)  # 0-900; None: connections end by themselves
    verify_servers = models.BooleanField(default=False)  # HTTPS: the servers' certificates are verified
    # By which CA certificate; None: by the machine's own store of public authorities.
    ca_certificate = models.ForeignKey(
        Certificate, null=True, blank=True, on_delete=models.PROTECT, related_name="server_groups"
    )
    server_name = models.CharField(max_length=253, blank=True)  # asked of the servers (SNI) and verified
    health_check_enabled = models.BooleanField(default=True)
    health_check_protocol = models.CharField(max_length=5, choices=CheckProtocol.choices, default=CheckProtocol.TCP)
    health_check_host = models.CharField(max_length=80, blank=True)
    health_check_path = models.CharField(max_length=80, default="/")
    health_check_method = models.CharField(max_length=4, default="HEAD")  # HEAD, GET or POST
    health_check_codes = models.JSONField(default=list)  # ["http_2xx", ...]; gRPC: ["0", "12-14"]; []: the default
    health_check_port = models.PositiveIntegerField(default=0)  # 0: the server's own port
    health_check_timeout_seconds = models.PositiveIntegerField(default=5)  # 1-300
    health_check_interval_seconds = models.PositiveIntegerField(default=5)  # 1-50
    healthy_threshold = models.PositiveIntegerField(default=2)  # 2-10
    unhealthy_threshold = models.PositiveIntegerField(default=2)  # 2-10
    # The Classic Load Balancer that it was made for, with which it goes; None: any load balancer can use it.
    load_balancer = models.ForeignKey(
        LoadBalancer, null=True, blank=True, on_delete=models.SET_NULL, related_name="own_server_groups"
    )
    # Whose servers it has, under settings of its own: a CLB's listener, not its server group, says how they are used.
    variant_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="variants")
    backend_port = models.PositiveIntegerField(null=True)  # its servers: the load balancer's default ones, on this port
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Server(models.Model):
    """One backend: an address, a port and a weight; weight 0 takes no new connections."""

    group = models.ForeignKey(ServerGroup, on_delete=models.CASCADE, related_name="servers")
    address = models.CharField(max_length=253)  # an IP address, or a host name that the node resolves
    port = models.PositiveIntegerField()
    weight = models.PositiveIntegerField(default=100)  # 0-100
    description = models.CharField(max_length=256, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("group", "address", "port"), name="server_once"),)
        indexes = (models.Index(fields=("address",), name="server_address"),)

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"
