"""How a certificate is ordered and renewed, and every try to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from authorities.models import Authority
from certificates.models import Certificate
from console.ids import renewal_id
from renewals.models.account import AcmeAccount


class Renewal(models.Model):
    """How a certificate is ordered and renewed: a new version each time, so that listeners follow."""

    class Source(models.TextChoices):
        """Who signs."""

        ACME = "acme", "ACME"
        AUTHORITY = "authority", _("Private authority")

    class Challenge(models.TextChoices):
        """How the names are proved to an ACME server."""

        TLS_ALPN_01 = "tls-alpn-01", "TLS-ALPN-01"
        HTTP_01 = "http-01", "HTTP-01"
        DNS_01 = "dns-01", "DNS-01"

    class State(models.TextChoices):
        """Where the renewal stands."""

        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        FAILED = "failed", _("Failed")
        PAUSED = "paused", _("Paused")

    id = models.CharField(primary_key=True, max_length=32, default=renewal_id, editable=False)
    name = models.CharField(max_length=128)  # of the certificate
    source = models.CharField(max_length=16, choices=Source.choices)
    account = models.ForeignKey(AcmeAccount, null=True, on_delete=models.PROTECT, related_name="renewals")
    authority = models.ForeignKey(Authority, null=True, on_delete=models.PROTECT, related_name="renewals")
    # Null until the first order went through.
    certificate = models.OneToOneField(Certificate, null=True, on_delete=models.CASCADE, related_name="renewal")
    names = models.JSONField(default=list)  # host names and addresses, normalised
    key_type = models.CharField(max_length=16, default="P-256")
    challenge = models.CharField(max_length=16, choices=Challenge.choices, blank=True)
    dns_hook = models.CharField(max_length=500, blank=True)  # name of a program in the installation's hook folder
    days = models.PositiveIntegerField(default=90)  # life of a certificate of a private authority
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    next_attempt_at = models.DateTimeField(null=True, db_index=True)
    # A worker that runs an attempt holds the row until then; a sweep takes over an expired one.
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True)  # the first of these failures
    last_problem = models.JSONField(default=dict)  # {"code": ..., "message": ..., "way_out": ...}
    # When the server wishes the renewal (RFC 9773), and when it is asked again; null without such a wish.
    window_start = models.DateTimeField(null=True)
    window_end = models.DateTimeField(null=True)
    next_information_at = models.DateTimeField(null=True, db_index=True)
    versions_issued = models.PositiveIntegerField(default=0)  # each is one round, told of once if it fails
    renewed_at = models.DateTimeField(null=True)  # the last time that a version was stored
    # Where an interrupted order goes on: its URL, and the sealed key whose certificate it will be.
    order_url = models.CharField(max_length=2000, blank=True)
    order_key = models.BinaryField(null=True)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("-created_at", "id")

    def __str__(self) -> str:
        return self.name


class Attempt(models.Model):
    """One try to order or renew, kept as history."""

    class Outcome(models.TextChoices):
        """What became of the try."""

        ISSUED = "issued", _("Issued")
        FAILED = "failed", _("Failed")
        INTERRUPTED = "interrupted", _("Interrupted")

    renewal = models.ForeignKey(Renewal, on_delete=models.CASCADE, related_name="attempts")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)  # empty while it runs
    problem = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.renewal_id} at {self.started_at}"
