"""Deliveries: the messages that carry notices over channels, and the scans that found the notices."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.models.channel import Channel
from alerts.models.contact import ContactGroup
from events.models import Notice


class Delivery(models.Model):
    """One message to one channel: what is sent, tried again, and logged. Its key is the idempotency id."""

    class Kind(models.TextChoices):
        """What the message is about; each kind has its templates."""

        EXPIRY = "expiry", _("Expiry")
        RENEWAL = "renewal", _("Renewal failure")
        LIST = "crl", _("Revocation list")
        OUTSIDE = "outside", _("Certificate outside")
        SERVING = "serving", _("Data plane failure")
        RESOLVED = "resolved", _("Resolved")
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
    # For whom it was written: the group's quiet hours and pace decide when it goes out.
    group = models.ForeignKey(ContactGroup, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
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
    """A notice within a delivery: nothing is told twice over one channel, and nothing resolved twice."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="items")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    is_resolution = models.BooleanField(default=False)  # the delivery says that the notice is settled
    # The message was taken with this in it: its channel has heard of the notice.
    is_told = models.BooleanField(default=False)
    # Left out when the message was sent, or to be told afresh: it keeps nothing from being handed out.
    is_void = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("notice", "channel", "is_resolution"),
                condition=models.Q(is_void=False),
                name="notice_channel_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.notice_id} in {self.delivery_id}"


class DeliveryAttempt(models.Model):
    """One try of a delivery: what was asked, without secrets, and what the other side answered."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempt_log")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)  # null while under way, and for ever if its sender was killed
    succeeded = models.BooleanField(default=False)
    request = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}"

    @property
    def milliseconds(self) -> float | None:
        """How long it took, None while it has no end."""
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds() * 1000


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
