"""What the data plane saw. Only ``dataplane`` writes these rows; pages and APIs read them, and may forget a node."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from listeners.models.listener import Listener
from listeners.models.server_group import Server
from listeners.problem_words import WORDS
from listeners.states import NODE_LIFETIME, is_live

LONGEST_KEY = 64


class NodeStatus(models.Model):
    """One node: its processes, and how far it has followed the change feed."""

    STOPPED = "The node was stopped."  # the last problem of one that ended in good order

    node = models.CharField(primary_key=True, max_length=128)
    pid = models.PositiveIntegerField()
    engine_pid = models.PositiveIntegerField(null=True)
    engine_version = models.CharField(max_length=128, blank=True)
    file_limit = models.PositiveIntegerField(null=True)
    change_cursor = models.BigIntegerField(default=0)
    problem = models.TextField(blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # refreshed every few seconds; old means gone

    def __str__(self) -> str:
        return self.node

    @property
    def key(self) -> str:
        """The id under which the ledger and the change feed know it: its name, or what stands for a very long one."""
        return self.node if len(self.node) <= LONGEST_KEY else sha256(self.node.encode()).hexdigest()

    @property
    def engine_release(self) -> str:
        """The engine's release, such as 1.40.0: the second part of ``commit/release/…``, or all that is known."""
        _commit, _slash, rest = self.engine_version.partition("/")
        return rest.partition("/")[0] or self.engine_version

    @property
    def was_stopped(self) -> bool:
        """Whether the node ended in good order."""
        return self.problem == self.STOPPED

    @property
    def is_live(self) -> bool:
        """Whether the node is there now."""
        return is_live(self.seen_at, timezone.now())


class StatusQuerySet(models.QuerySet["ListenerStatus"]):
    """Choose among what the nodes say."""

    def live(self) -> "StatusQuerySet":
        """Keep what those nodes say that are there now."""
        live = NodeStatus.objects.filter(seen_at__gte=timezone.now() - NODE_LIFETIME)
        return self.filter(node__in=live.values("node")).order_by("node")


def _told(problem: Mapping[str, Any]) -> str:
    words, parameters = WORDS.get(problem["code"]), problem.get("parameters")
    return gettext(words) % parameters if words and parameters is not None else str(problem["message"])


class ListenerStatus(models.Model):
    """What one node knows of one listener."""

    class State(models.TextChoices):
        """The observed state."""

        PENDING = "pending", _("Pending")
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        REJECTED = "rejected", _("Rejected")
        BLOCKED = "blocked", _("Blocked")  # the port is held by another process, or another node owns the listener

    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="statuses")
    node = models.CharField(max_length=128)
    state = models.CharField(max_length=10, choices=State.choices)
    desired_version = models.CharField(max_length=64, blank=True)  # content hash of what was compiled
    acknowledged_version = models.CharField(max_length=64, blank=True)  # content hash that the engine took
    acknowledged_at = models.DateTimeField(null=True)
    problems = models.JSONField(default=list)  # [{"code", "parameters", "message"}]; empty when all is well
    handshakes = models.BigIntegerField(default=0)  # completed, since the listener exists
    failures = models.JSONField(default=dict)  # reason -> count
    connections_active = models.BigIntegerField(default=0)
    bytes_received = models.BigIntegerField(default=0)
    bytes_sent = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    objects = StatusQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("listener", "node"), name="listener_status_once"),)

    def __str__(self) -> str:
        return f"{self.listener_id} on {self.node}: {self.state}"

    @property
    def told_problems(self) -> list[dict[str, str]]:
        """The problems in the reader's language; what has no parameters or no words here, as the node said it."""
        return [{"code": problem["code"], "message": _told(problem)} for problem in self.problems]


class ServerHealth(models.Model):
    """What one node's health checks say of one server, seen through one listener."""

    class State(models.TextChoices):
        """The observed health."""

        HEALTHY = "healthy", _("Healthy")
        UNHEALTHY = "unhealthy", _("Unhealthy")
        UNKNOWN = "unknown", _("Not checked")

    class Reason(models.TextChoices):
        """Why the health is so, where that needs a word."""

        REFUSED = "refused", _("The health check could not connect.")
        TIMEOUT = "timeout", _("The health check got no connection in time.")
        PENDING = "pending", _("The first health check is under way.")
        NO_CHECK = "no-check", _("The server group has no health check.")
        NO_WEIGHT = "no-weight", _("Weight 0: the server takes no new connections and is not checked.")
        CODE = "code", _("The health check was answered with a code that does not count as healthy.")
        NOT_SERVING = "not-serving", _("The server said by gRPC that it is not serving.")
        NO_TLS = "no-tls", _("The health check made no TLS connection: refused, or the certificate is not trusted.")
        UNRESOLVED = "unresolved", _("The host name has no address that the node can find.")

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="health")
    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="server_health")
    node = models.CharField(max_length=128)
    state = models.CharField(max_length=10, choices=State.choices)
    reason = models.CharField(max_length=200, choices=Reason.choices, blank=True)
    http_status = models.PositiveIntegerField(default=0)  # of the answer whose code is not healthy; 0: there is none
    since = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("server", "listener", "node"), name="server_health_once"),)

    def __str__(self) -> str:
        return f"{self.server_id}: {self.state}"

    @property
    def told_reason(self) -> str:
        """Why the health is so, in the reader's language."""
        if self.reason == self.Reason.CODE and self.http_status:
            return gettext("The health check was answered with %(status)s.") % {"status": self.http_status}
        return str(self.get_reason_display())


class ServedReceipt(models.Model):
    """What a real handshake with the listener returned after a change."""

    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="receipts")
    node = models.CharField(max_length=128)
    change_id = models.BigIntegerField(null=True)  # the newest change that it covers
    server_name = models.CharField(max_length=255, blank=True)  # the SNI asked; empty: none
    expected_sha256 = models.CharField(max_length=64)
    served_sha256 = models.CharField(max_length=64, blank=True)  # empty: no handshake
    is_expected = models.BooleanField()
    error = models.CharField(max_length=500, blank=True)
    handshake_milliseconds = models.FloatField(null=True)
    commit_to_served_milliseconds = models.FloatField(null=True)  # from the change's commit to this handshake
    names_left_out = models.PositiveIntegerField(default=0)  # names changed with this one and not asked one by one
    at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("listener", "-id"), name="receipt_listener"),
            models.Index(fields=("-id",), name="receipt_unexpected", condition=models.Q(is_expected=False)),
        )

    def __str__(self) -> str:
        return f"{self.listener_id} {self.server_name or '(no SNI)'}: {'ok' if self.is_expected else 'not as expected'}"


class ObservedClient(models.Model):
    """A client certificate that a listener with mutual authentication was shown."""

    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="observed_clients")
    sha256 = models.CharField(max_length=64)  # empty: clients that showed none
    subject = models.CharField(max_length=500, blank=True)
    issuer = models.CharField(max_length=500, blank=True)
    serial = models.CharField(max_length=64, blank=True)
    not_after = models.DateTimeField(null=True)
    reason = models.CharField(max_length=64, blank=True)  # why it is, or would be, refused; empty: it is valid
    connections = models.BigIntegerField(default=0)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        ordering = ("-last_seen_at",)
        constraints = (models.UniqueConstraint(fields=("listener", "sha256"), name="observed_client_once"),)
        indexes = (models.Index(fields=("listener", "-last_seen_at"), name="observed_client_newest"),)

    def __str__(self) -> str:
        return f"{self.subject or 'no certificate'} at {self.listener_id}"

    @property
    def refusal(self) -> str:
        """Why it is, or would be, refused now, empty if it is valid: its end may have come since it was seen."""
        has_ended = self.not_after is not None and self.not_after <= timezone.now()
        return self.reason or ("certificate-expired" if has_ended else "")
