"""What the cloud-compatible API keeps beside the objects themselves."""

import uuid

from django.conf import settings
from django.db import models


class UsedNonce(models.Model):
    """A nonce that a signature was accepted with, so that the same request is refused when it comes again."""

    key = models.CharField(primary_key=True, max_length=64)  # SHA-256 of access key and nonce
    until = models.DateTimeField(db_index=True)  # behind the clock window: the request's own time refuses it then

    def __str__(self) -> str:
        return self.key[:12]


class TokenAnswer(models.Model):
    """The answer that was given under a ClientToken: asked the same again, it is given again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    product = models.CharField(max_length=16)
    action = models.CharField(max_length=64)
    token = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of the parameters
    answer = models.JSONField(null=True)
    until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("user", "product", "action", "token"), name="token_answer_once"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.token}"


class Job(models.Model):
    """A write that the cloud does in the background; here it is done at once, and then waits for the nodes."""

    class Status(models.TextChoices):
        """What came of it."""

        PROCESSING = "Processing"
        SUCCEEDED = "Succeeded"
        FAILED = "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.CharField(max_length=16)
    action = models.CharField(max_length=64)
    resource_type = models.CharField(max_length=32)
    resource_id = models.CharField(max_length=64, blank=True)
    operate_type = models.CharField(max_length=16)
    after_change_id = models.BigIntegerField()  # the newest change before the write
    change_id = models.BigIntegerField()  # the newest change of the write: nodes follow the feed up to here
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PROCESSING)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "id")

    def __str__(self) -> str:
        return f"{self.action} {self.resource_id}"


class CloudExtra(models.Model):
    """What clients said of an object that means nothing on one's own machines: VPC, zones, resource group, billing."""

    object_type = models.CharField(max_length=32)  # as in the change feed
    object_id = models.CharField(max_length=64)
    values = models.JSONField(default=dict)  # by the name of the parameter

    class Meta:
        constraints = (models.UniqueConstraint(fields=("object_type", "object_id"), name="cloud_extra_once"),)

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"


class CertificateNumber(models.Model):
    """The identifiers of other services for a certificate of the repository: a number, and a UUID."""

    number = models.BigAutoField(primary_key=True)
    certificate = models.OneToOneField("certificates.Certificate", on_delete=models.CASCADE, related_name="+")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return f"{self.number} {self.certificate_id}"


# Rows with a subject of their own, which Django finds through this module.
from cloudapi.deployment import CloudNumber, DeploymentJob, DeploymentTarget  # noqa: E402, F401
