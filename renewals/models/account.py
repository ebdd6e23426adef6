"""Accounts with ACME servers."""

from django.db import models

from console.ids import account_id


class AcmeAccount(models.Model):
    """An account with an ACME server (RFC 8555)."""

    id = models.CharField(primary_key=True, max_length=32, default=account_id, editable=False)
    name = models.CharField(max_length=128, unique=True)
    directory_url = models.CharField(max_length=2000)
    contact = models.CharField(max_length=254, blank=True)  # an email address
    # PEM of the authority that signed the server's own certificate, where no public one did.
    trusted_ca_pem = models.TextField(blank=True)
    key = models.BinaryField()  # MultiFernet token of the account key's PKCS#8 PEM
    account_url = models.CharField(max_length=2000, blank=True)  # empty until the server registered it
    eab_key_id = models.CharField(max_length=255, blank=True)  # external account binding
    eab_key = models.BinaryField(null=True)  # sealed
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name
