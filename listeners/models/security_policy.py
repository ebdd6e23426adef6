"""Custom TLS security policies. The system's are in listeners.tls_policies."""

from django.db import models

from console.ids import security_policy_id


class SecurityPolicy(models.Model):
    """Protocol versions and cipher suites of an operator's own choice, for the listeners of one region."""

    id = models.CharField(primary_key=True, max_length=32, default=security_policy_id, editable=False)
    name = models.CharField(max_length=200)
    region = models.CharField(max_length=64)
    versions = models.JSONField()  # ["TLSv1.2", "TLSv1.3"], oldest first
    ciphers = models.JSONField()  # names as OpenSSL has them, in order of preference
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("region", "name"), name="security_policy_name_once"),)

    def __str__(self) -> str:
        return self.name
