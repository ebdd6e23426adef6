"""Channels: the ways to tell people or machines."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.ids import channel_id


class Channel(models.Model):
    """A way to tell people or machines: a list of mail addresses, a webhook, or a service by an Apprise address."""

    class Kind(models.TextChoices):
        """The transports."""

        EMAIL = "email", _("Email")
        WEBHOOK = "webhook", _("Webhook")
        CALLBACK = "callback", _("Form callback")  # the alarm callback of the cloud's monitor
        APPRISE = "apprise", _("Chat or paging service")

    id = models.CharField(primary_key=True, max_length=32, default=channel_id, editable=False)
    name = models.CharField(max_length=128, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # Addresses separated by ", ", or the URL; of an Apprise address only what names the service, without its secrets.
    target = models.CharField(max_length=2000)
    sealed_target = models.BinaryField(null=True)  # the whole Apprise address, which holds tokens
    sealed_secret = models.BinaryField(null=True)  # the webhook's signing secret
    # After a rotation messages carry both signatures for a while, so that receivers can change over.
    sealed_previous_secret = models.BinaryField(null=True)
    previous_secret_until = models.DateTimeField(null=True)
    # The contact whose own address this is; null for channels that operators made.
    contact = models.OneToOneField("alerts.Contact", null=True, on_delete=models.CASCADE, related_name="channel")
    language = models.CharField(max_length=16, blank=True)  # of its messages; empty for the installation's
    # In the operators' own words (alerts.messages.wording); empty for the usual ones.
    subject_template = models.CharField(max_length=200, blank=True)
    text_template = models.TextField(blank=True)
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


class AllowedRange(models.Model):
    """Addresses that webhooks may reach although they are not globally routable; an administrator's exception."""

    network = models.CharField(max_length=64, unique=True)  # CIDR
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("network",)

    def __str__(self) -> str:
        return self.network
