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
    # What the current version says, kept here so that a search over all certificates reads one narrow table.
    not_before = models.DateTimeField(null=True)
    issuer = models.TextField(default="", editable=False)  # RFC 4514
    key_algorithm = models.CharField(max_length=16, default="", editable=False)
    key_bits = models.PositiveIntegerField(default=0, editable=False)
    # The name and the current version's names in lower case, a line each: what a search by part of a name reads.
    search_text = models.TextField(default="", editable=False)
    owner = models.CharField(max_length=200, blank=True, db_index=True)  # who answers for it: a person or a team
    # The edition of the rules that its hints were found by; 0 until it was examined.
    hints_edition = models.PositiveIntegerField(default=0, editable=False)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("not_after", "id")
        indexes = (
            models.Index(fields=("not_after", "id"), name="certificate_expiry"),
            models.Index(fields=("kind", "not_after", "id"), name="certificate_kind_expiry"),
            models.Index(fields=("key_algorithm", "not_after", "id"), name="certificate_key_expiry"),
            models.Index(fields=("hints_edition",), name="certificate_hints_edition"),
        )
        permissions = (("export_private_key", "Can export private keys"),)

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
        return f"{self.key}={self.value}" if self.value else self.key


class CertificateHint(models.Model):
    """Something about the current version that an operator should act on; ``certificates.hints`` has the rules."""

    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="hints")
    code = models.CharField(max_length=40)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("certificate", "code"), name="hint_once"),)
        indexes = (models.Index(fields=("code", "certificate"), name="hint_code"),)

    def __str__(self) -> str:
        return f"{self.code} of {self.certificate_id}"
