"""Channels, and the deliveries that carry notices over them."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.ids import channel_id
from events.models import Notice


class Channel(models.Model):
    """A way to tell people or machines: a list of mail addresses, or a webhook."""

    class Kind(models.TextChoices):
        """The transports."""

        EMAIL = "email", _("Email")
        WEBHOOK = "webhook", _("Webhook")

    id = models.CharField(primary_key=True, max_length=32, default=channel_id, editable=False)
    name = models.CharField(max_length=128, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    target = models.CharField(max_length=2000)  # addresses separated by ", ", or the URL
    sealed_secret = models.BinaryField(null=True)  # the webhook's signing secret
    enabled = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)
    # What sending taught; written by the sender alone, and no part of the revision.
    failures_in_a_row = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)  # first of those failures
    last_error = models.TextField(blank=True)
    last_sent_at = models.DateTimeField(null=True)
    disabled_reason = models.TextField(blank=True)  # why the sender switched it off

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def recipients(self) -> list[str]:
        """The mail addresses of an email channel."""
        return self.target.split(", ")


class Delivery(models.Model):
    """One message to one channel: what is sent, tried again, and logged. Its key is the idempotency id."""

    class Kind(models.TextChoices):
        """What the message is about; each kind has its templates."""

        EXPIRY = "expiry", _("Expiry")
        RENEWAL = "renewal", _("Renewal failure")
        LIST = "crl", _("Revocation list")
        CHANNEL = "channel", _("Channel failure")
        TEST = "test", _("Test")

    class State(models.TextChoices):
        """How far the message is."""

        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")  # everything in it was resolved before it could be sent

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)  # since it was made or re-sent
    next_attempt_at = models.DateTimeField()
    # Who is sending: a result is only written by the holder of the lease.
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    # Mail: address -> the server's final answer, so that nobody who has it gets it again.
    settled_recipients = models.JSONField(default=dict)
    last_error = models.TextField(blank=True)
    last_answer = models.TextField(blank=True)  # what the other side said, cut to 2,000 characters
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("state", "next_attempt_at"), name="delivery_due"),
            models.Index(fields=("channel", "-id"), name="delivery_channel"),
        )

    def __str__(self) -> str:
        return f"{self.channel_id} {self.key}: {self.state}"


class DeliveryNotice(models.Model):
    """A notice within a delivery. Unique on (notice, channel): nothing is told twice over one channel."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="items")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("notice", "channel"), name="notice_channel_once"),)

    def __str__(self) -> str:
        return f"{self.notice_id} in {self.delivery_id}"


class Scan(models.Model):
    """One run of the expiry scan; unfinished without a problem means that its process was ended."""

    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)
    requested_by = models.CharField(max_length=200)
    notices_made = models.PositiveIntegerField(default=0)
    deliveries_made = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"scan {self.started_at:%Y-%m-%d %H:%M:%S}"
