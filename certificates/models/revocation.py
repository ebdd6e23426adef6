"""Revocation lists (CRLs) that a CA certificate carries: listeners refuse the clients that they name."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from certificates.models.certificate import Certificate


class RevocationList(models.Model):
    """One CRL that a CA certificate carries; a newer one of the same issuer takes its place."""

    class Source(models.TextChoices):
        """Where the list comes from."""

        UPLOADED = "uploaded", _("Uploaded")
        URL = "url", _("Fetched from a URL")
        AUTHORITY = "authority", _("Private authority")

    class WhenExpired(models.TextChoices):
        """What listeners do with clients after ``next_update`` has passed."""

        REFUSE = "refuse", _("Refuse every client")
        IGNORE = "ignore", _("Let clients in without asking the list")

    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="revocation_lists")
    source = models.CharField(max_length=16, choices=Source.choices)
    url = models.CharField(max_length=2000, blank=True)
    when_expired = models.CharField(max_length=8, choices=WhenExpired.choices, default=WhenExpired.REFUSE)
    issuer = models.TextField(blank=True)  # RFC 4514; empty until a list was fetched
    # Of the authority that signed it: two authorities of a bundle may share a name.
    issuer_spki_sha256 = models.CharField(max_length=64, blank=True)
    number = models.CharField(max_length=64, blank=True)  # hexadecimal; empty for a list of version 1
    der = models.BinaryField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    entries = models.PositiveIntegerField(default=0)
    this_update = models.DateTimeField(null=True)
    next_update = models.DateTimeField(null=True, db_index=True)
    next_fetch_at = models.DateTimeField(null=True, db_index=True)
    fetched_at = models.DateTimeField(null=True)
    # What the server said of the list, given back to it so that an unchanged list is not sent again.
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    failures = models.PositiveIntegerField(default=0)  # fetches in a row that went wrong
    last_problem = models.CharField(max_length=500, blank=True)  # of the last fetch; empty when it went well
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("certificate", "issuer_spki_sha256"),
                name="list_once_an_issuer",
                condition=~models.Q(issuer_spki_sha256=""),
            ),
        )

    def __str__(self) -> str:
        return f"CRL of {self.certificate_id}"
