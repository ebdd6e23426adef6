"""Requests: a key made here, waiting for its certificate."""

from django.db import models

from certificates.models.certificate import Certificate
from console.ids import request_id


class CertificateRequest(models.Model):
    """A certificate signing request (CSR) whose key never left; the issued certificate finds it by its public key."""

    id = models.CharField(primary_key=True, max_length=32, default=request_id, editable=False)
    name = models.CharField(max_length=128)  # of the certificate to be
    csr_pem = models.TextField()
    subject = models.TextField()  # RFC 4514
    names = models.JSONField(default=list)  # [{"kind": "dns", "value": ...}], normalised
    key_algorithm = models.CharField(max_length=16)
    key_bits = models.PositiveIntegerField()
    spki_sha256 = models.CharField(max_length=64, unique=True)
    # The certificate that a request renews; null for a new one.
    renews = models.ForeignKey(Certificate, null=True, on_delete=models.SET_NULL, related_name="+")
    # What the issued certificate became; null while it is awaited.
    certificate = models.ForeignKey(Certificate, null=True, on_delete=models.SET_NULL, related_name="requests")
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "id")

    def __str__(self) -> str:
        return self.name


class RequestKey(models.Model):
    """The private key of a request, sealed; a table of its own so that no list ever loads it."""

    request = models.OneToOneField(CertificateRequest, on_delete=models.CASCADE, primary_key=True, related_name="key")
    token = models.BinaryField()  # MultiFernet token of the PKCS#8 PEM

    def __str__(self) -> str:
        return f"key of {self.request_id}"
