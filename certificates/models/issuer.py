"""The CA certificates that the repository has met: chains that lack one of them are completed from here."""

from django.db import models


class Issuer(models.Model):
    """A CA certificate of some certificate's chain, or one stored for itself. Rows are never changed."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    # SHA-256 of the subject as RFC 4514 writes it: what a certificate's issuer is looked up by.
    subject_sha256 = models.CharField(max_length=64, db_index=True)
    pem = models.TextField()

    def __str__(self) -> str:
        return self.sha256
