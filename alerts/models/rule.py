"""Alert rules: what is told, how long before the end, and to whom."""

from django.db import models

from alerts.models.contact import ContactGroup
from console.ids import alert_rule_id


class AlertRule(models.Model):
    """What a kind of subject is told by. The first enabled rule, by position, whose scope holds a subject decides.

    An empty scope field leaves that property open. The default rule holds everything and is always the last.
    """

    id = models.CharField(primary_key=True, max_length=32, default=alert_rule_id, editable=False)
    name = models.CharField(max_length=128, unique=True)
    position = models.PositiveIntegerField()
    enabled = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    # Scope.
    subject_kinds = models.JSONField(default=list)  # of alerts.kinds
    certificate_kinds = models.JSONField(default=list)  # server, ca, client
    tag_key = models.CharField(max_length=64, blank=True)
    tag_value = models.CharField(max_length=128, blank=True)  # empty with a key: whatever its value
    owner = models.CharField(max_length=200, blank=True)
    product = models.CharField(max_length=8, blank=True)  # of a load balancer that uses the certificate
    listener_id = models.CharField(max_length=32, blank=True)
    only_unused = models.BooleanField(default=False)  # certificates that no listener uses
    # What happens.
    thresholds_hours = models.JSONField(default=list)  # before the end, 0 at the end itself; longest first
    mutes = models.BooleanField(default=False)  # nobody is told
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("is_default",), condition=models.Q(is_default=True), name="one_default_rule"
            ),
        )

    def __str__(self) -> str:
        return self.name


class AlertStep(models.Model):
    """Whom a rule tells: at first, and after some hours in which nobody acknowledged."""

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="steps")
    after_hours = models.PositiveIntegerField(default=0)
    group = models.ForeignKey(ContactGroup, null=True, on_delete=models.PROTECT, related_name="steps")
    # Instead of a group: the contact or group that bears the name of the certificate's owner.
    to_owner = models.BooleanField(default=False)

    class Meta:
        ordering = ("after_hours", "id")

    def __str__(self) -> str:
        return f"{self.rule_id} after {self.after_hours} h"


class Acknowledgement(models.Model):
    """Somebody has taken a subject's generation on, or wants to hear of it later; a new generation is told afresh."""

    subject_kind = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    generation = models.CharField(max_length=64)
    until = models.DateTimeField(null=True)  # the end of a snooze; null for an acknowledgement
    reason = models.CharField(max_length=500)
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at",)
        constraints = (
            models.UniqueConstraint(fields=("subject_kind", "subject_id", "generation"), name="acknowledged_once"),
        )

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}/{self.generation} by {self.by}"


class Heartbeat(models.Model):
    """The one row of the outgoing heartbeat: an address that is asked after each healthy scan."""

    sealed_url = models.BinaryField(null=True)
    host = models.CharField(max_length=255, blank=True)  # what of the address may be shown
    last_at = models.DateTimeField(null=True)
    last_problem = models.CharField(max_length=500, blank=True)
    revision = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.host
