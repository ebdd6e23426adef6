"""Bearer tokens, answers and jobs of the REST API, access keys of the cloud-compatible one, and failed sign-ins."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.ids import job_id

LONGEST_TOKEN_NAME = 100
LONGEST_KEY_NAME = 100


class ApiToken(models.Model):
    """A bearer token; only its SHA-256 is kept, so the token itself is shown once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=LONGEST_TOKEN_NAME, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)  # as access.scopes writes them; []: whatever its user may do
    expires_at = models.DateTimeField(null=True, blank=True)  # None: never
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    token: str  # told once, by who made it

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name or f"token {self.pk}"


class RememberedAnswer(models.Model):
    """What a write with an ``Idempotency-Key`` was answered, so that the same request is not done twice."""

    key = models.CharField(primary_key=True, max_length=64)  # SHA-256 of the user and the key
    fingerprint = models.CharField(max_length=64)  # SHA-256 of what was asked
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    sealed_body = models.BinaryField(default=bytes)  # some answers hold a secret, once
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"answer {self.status}"


class Job(models.Model):
    """A request that a worker does, and what it was answered; how far it is meanwhile: see access.jobs.live."""

    class State(models.TextChoices):
        """What became of it; whether an open one is under way only its worker knows."""

        OPEN = "open", _("Open")
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.CharField(primary_key=True, max_length=32, default=job_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    operation = models.CharField(max_length=64)  # as the description of the API names it
    area = models.CharField(max_length=32)  # of the scope that looking at it needs
    address = models.TextField()  # path and query; all of them are sent by POST
    language = models.CharField(max_length=16)
    sealed_body = models.BinaryField(null=True)  # may hold keys; gone when it is over
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    attempts = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=16, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)
    sealed_answer = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        ordering = ("-created_at", "id")
        indexes = (models.Index(fields=["state", "created_at"], name="access_job_open"),)

    def __str__(self) -> str:
        return f"{self.operation} {self.pk}"


class AccessKey(models.Model):
    """A key of the cloud-compatible API; its secret signs requests, so it is kept, sealed, and shown once."""

    id = models.CharField(primary_key=True, max_length=32, editable=False)  # the AccessKeyId
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_keys")
    name = models.CharField(max_length=LONGEST_KEY_NAME, blank=True)
    sealed_secret = models.BinaryField()
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    secret: str  # told once, by who made it

    class Meta:
        ordering = ("-created_at", "id")

    def __str__(self) -> str:
        return self.name or self.id


class SignInFailures(models.Model):
    """How often signing in failed for one user, one address or one pair of them (``key``: see access.throttle)."""

    key = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)  # forgotten then

    def __str__(self) -> str:
        return f"{self.count} failed sign-ins"
