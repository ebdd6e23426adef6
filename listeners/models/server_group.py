"""Server groups and their servers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.ids import server_group_id


class ServerGroup(models.Model):
    """A named set of backends, how connections are spread over it, and how its health is checked.

    Ranges and defaults follow the cloud's NLB server groups.
    """

    class Scheduler(models.TextChoices):
        """How a server is chosen for a connection."""

        WEIGHTED_ROUND_ROBIN = "wrr", _("Weighted round robin")
        ROUND_ROBIN = "rr", _("Round robin")

    id = models.CharField(primary_key=True, max_length=32, default=server_group_id, editable=False)
    name = models.CharField(max_length=128, unique=True)
    protocol = models.CharField(max_length=8, default="TCP")
    scheduler = models.CharField(max_length=4, choices=Scheduler.choices, default=Scheduler.WEIGHTED_ROUND_ROBIN)
    health_check_enabled = models.BooleanField(default=True)
    health_check_port = models.PositiveIntegerField(default=0)  # 0: the server's own port
    health_check_timeout_seconds = models.PositiveIntegerField(default=5)  # 1-300
    health_check_interval_seconds = models.PositiveIntegerField(default=5)  # 1-50
    healthy_threshold = models.PositiveIntegerField(default=2)  # 2-10
    unhealthy_threshold = models.PositiveIntegerField(default=2)  # 2-10
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
    address = models.GenericIPAddressField()
    port = models.PositiveIntegerField()
    weight = models.PositiveIntegerField(default=100)  # 0-100
    description = models.CharField(max_length=256, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("group", "address", "port"), name="server_once"),)
        indexes = (models.Index(fields=("address",), name="server_address"),)

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"
