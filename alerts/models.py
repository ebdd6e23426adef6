"""Channels, and the deliveries that carry notices over them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.ids import channel_id
from events.models import Notice


class Channel(models.Model):
    """A way to tell people or machines: an email address list or a webhook."""

    class Kind(models.TextChoices):
        """The transports."""

        EMAIL = "email", _("Email")
        WEBHOOK = "webhook", _("Webhook")

    id = models.CharField(primary_key=True, max_length=32, default=channel_id, editable=False)
    name = models.CharField(max_length=128, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    target = models.CharField(max_length=2000)  # addresses separated by commas, or the URL
    sealed_secret = models.BinaryField(null=True)  # the webhook's signing secret
    enabled = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one channel: what is sent, tried again, and logged. Its id is the idempotency key."""

    class State(models.TextChoices):
        """How far the message is."""

        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    key = models.UUIDField(unique=True)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    is_test = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    last_answer = models.TextField(blank=True)  # what the other side said, cut to 2,000 characters
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("state", "next_attempt_at"), name="delivery_due"),)

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
    """One run of the expiry scan."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    notices_made = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"scan {self.started_at:%Y-%m-%d %H:%M:%S}"
