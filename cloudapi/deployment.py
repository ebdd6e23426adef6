"""Rows of deployment jobs, and the numbers of what the repository names by texts."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate
from listeners.models import Binding


class CloudNumber(models.Model):
    """The number of an object for clients that know it by one: requests, contacts, repositories."""

    number = models.BigAutoField(primary_key=True)
    object_type = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("object_type", "object_id"), name="cloud_number_once"),)

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"


class DeploymentJob(models.Model):
    """Certificates that are to take the place of others on listeners, at once or at a time."""

    class Status(models.TextChoices):
        """How far a job is."""

        EDITING = "editing", _("Editing")
        PENDING = "pending", _("Pending")
        SCHEDULING = "scheduling", _("Scheduled")
        PROCESSING = "processing", _("Processing")
        SUCCESS = "success", _("Succeeded")
        ERROR = "error", _("Failed")

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200)
    job_type = models.CharField(max_length=8, default="user")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.EDITING, db_index=True)
    certificates = models.ManyToManyField(Certificate, related_name="+")
    contacts = models.JSONField(default=list)  # numbers
    scheduled_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=200)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name


class DeploymentTarget(models.Model):
    """One slot of a listener that a job is for, and what came of it."""

    class Status(models.TextChoices):
        """What came of one slot."""

        PENDING = "pending", _("Pending")
        SUCCESS = "success", _("Succeeded")
        ERROR = "error", _("Failed")

    job = models.ForeignKey(DeploymentJob, on_delete=models.CASCADE, related_name="targets")
    slot = models.PositiveBigIntegerField()  # the number of the binding, which may be gone by then
    binding = models.ForeignKey(Binding, null=True, on_delete=models.SET_NULL, related_name="+")
    product = models.CharField(max_length=8)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    certificate = models.ForeignKey(Certificate, null=True, on_delete=models.SET_NULL, related_name="+")
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("job", "slot"), name="deployment_target_once"),)

    def __str__(self) -> str:
        return f"slot {self.slot} of {self.job_id}"
