"""Private authorities, what they issued, what they published; repositories of CA certificates."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate, CertificateVersion
from console.ids import authority_id, repository_id


class Authority(models.Model):
    """A private certificate authority: a CA certificate whose key is in the repository, and how it publishes."""

    id = models.CharField(primary_key=True, max_length=32, default=authority_id, editable=False)
    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="authority")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="subordinates")
    # How long a published CRL is good for; a new one is made when half of that has passed, and at each revocation.
    crl_hours = models.PositiveIntegerField(default=168)
    next_crl_number = models.PositiveIntegerField(default=1)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return self.id


class IssuedCertificate(models.Model):
    """One certificate that an authority signed; it outlives the certificate's deletion so that OCSP can answer."""

    class Reason(models.TextChoices):
        """Why a certificate was revoked (RFC 5280, section 5.3.1)."""

        UNSPECIFIED = "unspecified", _("Unspecified")
        KEY_COMPROMISE = "key_compromise", _("Key compromise")
        AFFILIATION_CHANGED = "affiliation_changed", _("Affiliation changed")
        SUPERSEDED = "superseded", _("Superseded")
        CESSATION_OF_OPERATION = "cessation_of_operation", _("Cessation of operation")
        PRIVILEGE_WITHDRAWN = "privilege_withdrawn", _("Privilege withdrawn")

    authority = models.ForeignKey(Authority, on_delete=models.CASCADE, related_name="issued")
    serial = models.CharField(max_length=64)  # hexadecimal, lower case, no leading zeros
    subject = models.TextField()  # RFC 4514
    purpose = models.CharField(max_length=8)  # "server", "client", or "ca" for a subordinate
    sha256 = models.CharField(max_length=64, db_index=True)  # of the DER: how a stored version finds this row
    not_after = models.DateTimeField()
    version = models.OneToOneField(CertificateVersion, null=True, on_delete=models.SET_NULL, related_name="issued")
    revoked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=32, choices=Reason.choices, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("authority", "serial"), name="issued_once"),)
        indexes = (
            models.Index(
                fields=("authority", "revoked_at"), name="issued_revoked", condition=models.Q(revoked_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return self.serial


class PublishedList(models.Model):
    """The newest CRL of an authority, as it is served at its stable address."""

    authority = models.OneToOneField(Authority, on_delete=models.CASCADE, primary_key=True, related_name="published")
    number = models.PositiveIntegerField()
    der = models.BinaryField()
    entries = models.PositiveIntegerField()
    this_update = models.DateTimeField()
    next_update = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"CRL {self.number} of {self.authority_id}"


class Responder(models.Model):
    """Who signs an authority's OCSP answers: a key of its own, so that no stranger's question opens the authority's."""

    authority = models.OneToOneField(Authority, on_delete=models.CASCADE, primary_key=True, related_name="responder")
    certificate_pem = models.TextField()
    key = models.BinaryField()  # MultiFernet token of the PKCS#8 PEM
    not_after = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"OCSP responder of {self.authority_id}"


class Repository(models.Model):
    """A named collection of uploaded CA certificates, to pick third-party CA certificates from."""

    id = models.CharField(primary_key=True, max_length=32, default=repository_id, editable=False)
    name = models.CharField(max_length=128, unique=True)
    description = models.CharField(max_length=255, blank=True)
    certificates = models.ManyToManyField(Certificate, related_name="repositories")
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name", "id")
        verbose_name_plural = "repositories"

    def __str__(self) -> str:
        return self.name
