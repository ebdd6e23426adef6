"""The change feed and the ledger of notices: rows that any layer above may write and read."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Change(models.Model):
    """One append-only row for each change of an object; the data plane follows these."""

    kind = models.CharField(max_length=64)  # verb of the object, such as "listener.updated"
    object_type = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64)
    summary = models.CharField(max_length=500)
    detail = models.JSONField(default=dict)
    actor_name = models.CharField(max_length=200)
    actor_via = models.CharField(max_length=16)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("object_type", "object_id", "-id"), name="change_object"),)

    def __str__(self) -> str:
        return f"{self.id} {self.kind} {self.object_id}"


class Notice(models.Model):
    """One thing to be told once: a subject's generation has crossed a threshold.

    The key (subject kind, subject, generation, threshold) is what makes a notice go out once, however often and
    however late the scan runs. ``threshold_hours`` is before the end, 0 at the end itself.
    """

    class State(models.TextChoices):
        """What became of the notice."""

        DUE = "due", _("Due")  # no channel has taken it yet
        TOLD = "told", _("Told")  # at least one channel has taken it
        SUPERSEDED = "superseded", _("Superseded")  # never told: a tighter threshold was crossed first
        RESOLVED = "resolved", _("Resolved")  # never told: the subject was replaced, deleted or put right first
        WITHDRAWN = "withdrawn", _("Withdrawn")  # never told: no rule asks for it any more

    subject_kind = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    generation = models.CharField(max_length=64)
    threshold_hours = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.DUE)
    # The tightest threshold of a generation that is still the current one: what a channel has to know now.
    is_open = models.BooleanField(default=True)
    subject_name = models.CharField(max_length=255)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    # The alert rule that made it due, which says whom it is for; empty where the default decides.
    rule_id = models.CharField(max_length=32, blank=True, db_index=True)
    told_at = models.DateTimeField(null=True)  # when the first channel took it: what an escalation counts from
    resolved_at = models.DateTimeField(null=True)  # those who were told hear of that, too
    owes_resolution = models.BooleanField(default=False)  # they have yet to hear of it

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("subject_kind", "subject_id", "generation", "threshold_hours"), name="notice_once"
            ),
        )
        indexes = (
            models.Index(fields=("subject_kind", "id"), name="notice_open", condition=models.Q(is_open=True)),
            models.Index(fields=("state", "-id"), name="notice_state"),
            models.Index(fields=("id",), name="notice_owing", condition=models.Q(owes_resolution=True)),
        )

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}/{self.generation} at {self.threshold_hours} h"
