"""The stable identity that listeners bind."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.ids import certificate_id


class Kind(models.TextChoices):
    """What a certificate is for."""

    SERVER = "server", _("Server certificate")
    CA = "ca", _("CA certificate")
    CLIENT = "client", _("Client certificate")


class Certificate(models.Model):
    """A certificate of the repository; replacing it makes a new version and keeps this row."""

    id = models.CharField(primary_key=True, max_length=32, default=certificate_id, editable=False)
    name = models.CharField(max_length=128, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    current_version = models.ForeignKey(
        "certificates.CertificateVersion", null=True, on_delete=models.PROTECT, related_name="+"
    )
    # The end of the current version, kept here so that the list sorts by one index.
    not_after = models.DateTimeField(null=True)
    # The name and the current version's names in lower case, a line each: what a search by part of a name reads.
    search_text = models.TextField(default="", editable=False)
    owner = models.CharField(max_length=200, blank=True, db_index=True)  # who answers for it: a person or a team
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("not_after", "id")
        indexes = (
            models.Index(fields=("not_after", "id"), name="certificate_expiry"),
            models.Index(fields=("kind", "not_after", "id"), name="certificate_kind_expiry"),
        )

    def __str__(self) -> str:
        return self.name


class CertificateTag(models.Model):
    """A key and value that operators put on a certificate to find and scope it by."""

    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="tags")
    key = models.CharField(max_length=64)
    value = models.CharField(max_length=128, blank=True)

    class Meta:
        ordering = ("key",)
        constraints = (models.UniqueConstraint(fields=("certificate", "key"), name="tag_once"),)
        indexes = (models.Index(fields=("key", "value"), name="tag_key_value"),)

    def __str__(self) -> str:
        return f"{self.key}={self.value}"
