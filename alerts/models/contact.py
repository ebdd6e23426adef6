"""Who is told: contacts, and the groups of contacts and channels that alert rules name."""

from django.conf import settings
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from alerts.models.channel import Channel
from console.ids import contact_group_id, contact_id


class Contact(models.Model):
    """A person who is told by mail, in a language; a certificate's owner may bear the same name."""

    id = models.CharField(primary_key=True, max_length=32, default=contact_id, editable=False)
    name = models.CharField(max_length=128, unique=True)
    email = models.CharField(max_length=320)
    language = models.CharField(max_length=16, blank=True)  # empty for the installation's
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="contact"
    )
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ContactGroup(models.Model):
    """Contacts and channels that are told together, and when they want to be told."""

    class Pace(models.TextChoices):
        """How soon the group hears of a notice."""

        AT_ONCE = "at-once", _("At once")
        DAILY = "daily", _("Daily digest")
        WEEKLY = "weekly", _("Weekly digest")

    id = models.CharField(primary_key=True, max_length=32, default=contact_group_id, editable=False)
    name = models.CharField(max_length=128, unique=True)
    contacts = models.ManyToManyField(Contact, related_name="groups")
    channels = models.ManyToManyField(Channel, related_name="groups")
    time_zone = models.CharField(max_length=64, default="UTC")  # of the IANA database
    # Nothing is sent between the two, which may span midnight; null for no quiet hours.
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    pace = models.CharField(max_length=8, choices=Pace.choices, default=Pace.AT_ONCE)
    digest_at = models.TimeField(null=True)  # of a digest
    digest_weekday = models.PositiveSmallIntegerField(null=True)  # of a weekly digest; Monday is 0
    is_default = models.BooleanField(default=False)  # the one that is told where no rule names another
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("is_default",), condition=models.Q(is_default=True), name="one_default_group"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def weekday_name(self) -> str:
        """The day of a weekly digest in words; empty for none."""
        return "" if self.digest_weekday is None else str(WEEKDAYS[self.digest_weekday])


class CalendarFeed(models.Model):
    """A secret address under which a calendar of expiries is read: of a group, or of all certificates."""

    group = models.ForeignKey(ContactGroup, null=True, on_delete=models.CASCADE, related_name="calendar_feeds")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feeds")
    name = models.CharField(max_length=128)
    token_sha256 = models.CharField(max_length=64, unique=True)  # the secret itself is shown once and not kept
    created_at = models.DateTimeField(auto_now_add=True)
    last_read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name
