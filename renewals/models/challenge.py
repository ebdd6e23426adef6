"""Challenges that wait for an answer."""

from django.db import models

from renewals.models.renewal import Renewal


class PendingChallenge(models.Model):
    """A challenge that an ACME server will ask for: the node answers TLS-ALPN-01, the console HTTP-01."""

    renewal = models.ForeignKey(Renewal, on_delete=models.CASCADE, related_name="challenges")
    kind = models.CharField(max_length=16, choices=Renewal.Challenge.choices)
    host = models.CharField(max_length=255)
    token = models.CharField(max_length=255, db_index=True)
    key_authorization = models.CharField(max_length=500)  # what HTTP-01 answers
    # TLS-ALPN-01: the certificate that answers (RFC 8737), and its sealed key.
    leaf_pem = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True)  # of that certificate's DER
    key = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("renewal", "host", "token"), name="challenge_once"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.host}"
