"""Bearer tokens and answers of the REST API, access keys of the cloud-compatible one, and failed sign-ins."""

from django.conf import settings
from django.db import models

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
