"""Certificates of Classic Load Balancers, which keep them per region."""

from django.db import models

from certificates.models import Certificate


class RegionalCertificate(models.Model):
    """A certificate of the repository that Classic Load Balancers of a region may use."""

    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="regions")
    region = models.CharField(max_length=64)
    name = models.CharField(max_length=128, blank=True)  # what the region calls it; empty: as the repository does
    is_upload = models.BooleanField(default=False)  # it came for the region alone, not out of the repository
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)
    in_use: bool  # told by selectors.regional_certificates: a listener of the region has it

    class Meta:
        ordering = ("region", "certificate")
        constraints = (models.UniqueConstraint(fields=("region", "certificate"), name="regional_certificate_once"),)

    def __str__(self) -> str:
        return f"{self.certificate_id} in {self.region}"
