"""Listeners and the certificates bound to them."""

from typing import TYPE_CHECKING

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate
from console.ids import listener_id
from listeners.models.load_balancer import LoadBalancer
from listeners.models.server_group import ServerGroup
from listeners.states import State, state_of

if TYPE_CHECKING:
    from listeners.models.observation import ListenerStatus


class Listener(models.Model):
    """A port of a load balancer, the protocol spoken on it, and the server group that answers."""

    class Protocol(models.TextChoices):
        """What clients speak to the listener."""

        TCP = "TCP", "TCP"
        UDP = "UDP", "UDP"
        TCPSSL = "TCPSSL", "TCPSSL"
        HTTP = "HTTP", "HTTP"
        HTTPS = "HTTPS", "HTTPS"
        QUIC = "QUIC", "QUIC"

    class Transport(models.TextChoices):
        """What the port is of: two listeners can share its number when their transports differ."""

        TCP = "tcp", "TCP"
        UDP = "udp", "UDP"

    class MutualMode(models.TextChoices):
        """What becomes of a client without a valid certificate under mutual authentication."""

        ENFORCE = "enforce", _("Enforce")
        OBSERVE = "observe", _("Observe")

    class Desired(models.TextChoices):
        """What the operator wants of the listener; what it does is an observation."""

        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")

    class AlpnPolicy(models.TextChoices):
        """Which application protocols are offered, in order of preference; empty offers none."""

        HTTP1_ONLY = "HTTP1Only", "HTTP1Only"
        HTTP2_ONLY = "HTTP2Only", "HTTP2Only"
        HTTP2_OPTIONAL = "HTTP2Optional", "HTTP2Optional"
        HTTP2_PREFERRED = "HTTP2Preferred", "HTTP2Preferred"

    id = models.CharField(primary_key=True, max_length=32, default=listener_id, editable=False)
    load_balancer = models.ForeignKey(LoadBalancer, on_delete=models.PROTECT, related_name="listeners")
    # None only where every request is redirected.
    server_group = models.ForeignKey(ServerGroup, null=True, on_delete=models.PROTECT, related_name="listeners")
    protocol = models.CharField(max_length=8, choices=Protocol.choices, default=Protocol.TCPSSL)
    transport = models.CharField(max_length=3, choices=Transport.choices, default=Transport.TCP)
    port = models.PositiveIntegerField()
    name = models.CharField(max_length=256, blank=True)
    desired = models.CharField(max_length=8, choices=Desired.choices, default=Desired.RUNNING)
    idle_timeout_seconds = models.PositiveIntegerField(default=900)  # its range is the product's and protocol's
    request_timeout_seconds = models.PositiveIntegerField(default=60)  # HTTP: then 504
    # A system policy (a key of listeners.tls_policies) or a custom one (its id); empty where the protocol has none.
    security_policy = models.CharField(max_length=64, blank=True)
    alpn_policy = models.CharField(max_length=16, choices=AlpnPolicy.choices, blank=True)
    proxy_protocol_enabled = models.BooleanField(default=False)  # version 2, to the servers
    connections_per_second = models.PositiveIntegerField(default=0)  # new ones; 0: no limit; at most 1,000,000
    mutual_authentication = models.BooleanField(default=False)
    mutual_authentication_mode = models.CharField(max_length=8, choices=MutualMode.choices, default=MutualMode.ENFORCE)
    http2_enabled = models.BooleanField(default=True)
    compression_enabled = models.BooleanField(default=True)  # gzip and Brotli
    # An HTTPS listener tells its clients of this QUIC listener (alt-svc).
    quic_listener = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="announced_by"
    )
    redirect_port = models.PositiveIntegerField(null=True)  # HTTP: every request is sent to HTTPS on this port
    forwarded_headers = models.JSONField(default=dict)  # as listeners.forwarded_headers writes them; {}: its defaults
    access_log_enabled = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("load_balancer", "port")
        constraints = (
            models.UniqueConstraint(fields=("load_balancer", "port", "transport"), name="listener_port_once"),
        )
        indexes = (models.Index(fields=("port",), name="listener_port"),)

    def __str__(self) -> str:
        return self.name or f"{self.protocol}:{self.port}"

    @cached_property
    def live_statuses(self) -> "list[ListenerStatus]":
        """Read what the nodes say that are there now; selectors load it for many listeners at once."""
        return list(self.statuses.live())

    @cached_property
    def single_bindings(self) -> "list[Binding]":
        """Read the default certificate and, under mutual authentication, the CA certificate."""
        return list(self.bindings.exclude(role=Binding.Role.ADDITIONAL).select_related("certificate__current_version"))

    @property
    def product(self) -> str:
        """The kind of its load balancer."""
        return self.load_balancer.product

    @property
    def default_certificate_id(self) -> str | None:
        """The certificate for clients that ask for no name, or for one that no additional certificate has."""
        return self._single(Binding.Role.DEFAULT)

    @property
    def ca_certificate_id(self) -> str | None:
        """The certificate that clients are verified by under mutual authentication."""
        return self._single(Binding.Role.CA)

    def _single(self, role: str) -> str | None:
        return next((binding.certificate_id for binding in self.single_bindings if binding.role == role), None)

    @property
    def state(self) -> State:
        """How the listener is, over all live nodes."""
        return state_of(self.desired, [status.state for status in self.live_statuses])


class Binding(models.Model):
    """A certificate on a listener, in a role. The binding's row is the slot: its certificate can change."""

    class Role(models.TextChoices):
        """What the listener uses the certificate for."""

        DEFAULT = "default", _("Default")
        ADDITIONAL = "additional", _("Additional")
        CA = "ca", _("CA")

    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="bindings")
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="bindings")
    role = models.CharField(max_length=10, choices=Role.choices)
    # The one name that an additional certificate is for (a CLB's domain extension); empty: all names that it has.
    domain = models.CharField(max_length=255, blank=True)
    # What "Change" replaced, so that one click goes back to it.
    previous_certificate = models.ForeignKey(
        Certificate, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("listener", "certificate", "role", "domain"), name="binding_once"),
            models.UniqueConstraint(
                fields=("listener", "domain"), condition=~models.Q(domain=""), name="binding_domain_once"
            ),
            models.UniqueConstraint(
                fields=("listener", "role"),
                condition=models.Q(role__in=("default", "ca")),
                name="binding_single_roles",
            ),
        )
        # The additional ones are counted for every row of a list, and most bindings are not.
        indexes = (models.Index(fields=("role", "listener"), name="binding_role"),)

    def __str__(self) -> str:
        return f"{self.role} {self.certificate_id} on {self.listener_id}"


class TicketKey(models.Model):
    """The session ticket key of one epoch, shared by all nodes; gone once no ticket of it may be accepted."""

    epoch = models.BigIntegerField(primary_key=True)  # Unix time divided by the rotation period
    token = models.BinaryField()  # sealed; 80 random bytes from which each listener's key is derived

    def __str__(self) -> str:
        return f"ticket key {self.epoch}"
