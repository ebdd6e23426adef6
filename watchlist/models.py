"""Watched addresses: servers outside whose certificates are looked at, and what they showed at last."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.ids import watched_address_id

FINGERPRINT_LENGTH = 64


class WatchedAddress(models.Model):
    """A host and port that is asked for its certificate again and again, and what it answered."""

    class Starttls(models.TextChoices):
        """The protocol whose dialogue comes before TLS; none where TLS begins at once."""

        NONE = "none", _("TLS at once")
        SMTP = "smtp", "SMTP"
        IMAP = "imap", "IMAP"
        LDAP = "ldap", "LDAP"
        POSTGRESQL = "postgresql", "PostgreSQL"

    class State(models.TextChoices):
        """The one word for how the address is."""

        PAUSED = "paused", _("Not checked")
        NEW = "new", _("Not checked yet")
        FAILING = "failing", _("Does not answer")
        EXPIRED = "expired", _("Expired")
        UNTRUSTED = "untrusted", _("Not trusted")
        OK = "ok", _("OK")

    id = models.CharField(primary_key=True, max_length=32, default=watched_address_id, editable=False)
    name = models.CharField(max_length=128)
    host = models.CharField(max_length=253)  # A-labels in lower case, or an IP address
    port = models.PositiveIntegerField()
    server_name = models.CharField(max_length=253, blank=True)  # SNI; empty: the host, where that is a name
    starttls = models.CharField(max_length=10, choices=Starttls.choices, default=Starttls.NONE)
    period_minutes = models.PositiveIntegerField(default=60)
    enabled = models.BooleanField(default=True)
    owner = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)
    # Written by the checks alone, and no part of the revision.
    next_check_at = models.DateTimeField(db_index=True)
    lease = models.UUIDField(null=True)  # of who is asking now: nobody else's result is written
    leased_until = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True)  # the first of these failures
    problem = models.JSONField(default=dict)  # of the last check, {"code", "parameters"}; empty when it went well
    # What was served at the last check that went well; empty and null before.
    answered_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=FINGERPRINT_LENGTH, blank=True)
    seen_since = models.DateTimeField(null=True)  # when this certificate was first met here
    subject = models.TextField(blank=True)  # RFC 4514
    issuer = models.TextField(blank=True)
    names = models.JSONField(default=list)
    not_before = models.DateTimeField(null=True)
    not_after = models.DateTimeField(null=True)
    # The end that comes first: of the certificate, or of one in the chain that the server sends.
    ends_at = models.DateTimeField(null=True, db_index=True)
    ends_sha256 = models.CharField(max_length=FINGERPRINT_LENGTH, blank=True)  # of whichever that is
    chain = models.JSONField(
        default=list
    )  # [{"subject", "issuer", "not_before", "not_after", "sha256"}], leaf left out
    tls_version = models.CharField(max_length=16, blank=True)
    trust_problems = models.JSONField(default=list)  # [{"code", "parameters"}]; empty when clients trust it

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("host", "port", "server_name", "starttls"), name="watched_once"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Host and port as people write them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_chain_ending_first(self) -> bool:
        """Whether a certificate of the chain ends before the server's own."""
        return bool(self.ends_sha256) and self.ends_sha256 != self.sha256

    @property
    def state(self) -> "State":
        """How the address is, the worst first."""
        if not self.enabled:
            return self.State.PAUSED
        if self.failures:
            return self.State.FAILING
        if self.ends_at is None:
            return self.State.NEW
        if self.ends_at <= timezone.now():
            return self.State.EXPIRED
        return self.State.UNTRUSTED if self.trust_problems else self.State.OK
