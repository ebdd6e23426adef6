"""The immutable bytes behind a certificate, and what is known of them."""

from django.db import models

from certificates.models.certificate import Certificate


class CertificateVersion(models.Model):
    """One imported or issued leaf with its chain. Rows are never changed."""

    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # What this version took the place of, so that "Roll back" goes to what was really served before.
    replaces = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    leaf_pem = models.TextField()
    # Of a server certificate the intermediates, leaf's issuer first, without the root; of a CA certificate the
    # further certificates that are trusted with it.
    chain_pem = models.TextField(blank=True)
    subject = models.TextField()  # RFC 4514
    issuer = models.TextField()
    common_name = models.CharField(max_length=255, blank=True)
    serial = models.CharField(max_length=64, db_index=True)  # hexadecimal, lower case, no leading zeros
    sha256 = models.CharField(max_length=64, db_index=True)  # of the leaf's DER
    chain_sha256 = models.CharField(max_length=64)  # of the chain's DER, in order
    spki_sha256 = models.CharField(max_length=64, db_index=True)
    key_algorithm = models.CharField(max_length=16)  # "RSA", "ECDSA", "Ed25519", ...
    key_bits = models.PositiveIntegerField()
    signature_hash = models.CharField(max_length=16)  # "SHA256", ...; empty where the algorithm has none
    not_before = models.DateTimeField()
    not_after = models.DateTimeField(db_index=True)
    # The soonest end in the chain, where a certificate of it ends before the leaf; null where none does.
    chain_not_after = models.DateTimeField(null=True)
    warnings = models.JSONField(default=list)  # [{"code", "parameters", "message"}] found at import
    reason = models.CharField(max_length=500, blank=True)  # why names of the version before were allowed to go
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("certificate", "number"), name="version_number"),
            models.UniqueConstraint(fields=("sha256", "chain_sha256"), name="version_once"),
        )
        indexes = (
            models.Index(
                fields=("chain_not_after",),
                name="version_chain_expiry",
                condition=models.Q(chain_not_after__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.certificate_id} v{self.number}"


class CertificateName(models.Model):
    """One subject alternative name (or, without any, the common name) of a version, normalised."""

    version = models.ForeignKey(CertificateVersion, on_delete=models.CASCADE, related_name="names")
    kind = models.CharField(max_length=5)  # "dns", "ip", "email", "uri"; "cn": a common name that is none of them
    value = models.CharField(max_length=1000, db_index=True)  # lower case, A-label, no trailing dot

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("version", "kind", "value"), name="name_once"),)

    def __str__(self) -> str:
        return self.value


class ChainMember(models.Model):
    """A certificate of a version's chain whose end matters by itself: what makes clients fail before the leaf ends.

    Of a server or client certificate these are the members that end before the leaf; of a CA certificate all that are
    trusted beside it.
    """

    version = models.ForeignKey(CertificateVersion, on_delete=models.CASCADE, related_name="chain_members")
    place = models.PositiveIntegerField()  # among the members of the version, soonest end first, from 0
    subject = models.TextField()  # RFC 4514
    sha256 = models.CharField(max_length=64)  # of the DER
    not_before = models.DateTimeField()
    not_after = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("version", "place")
        constraints = (models.UniqueConstraint(fields=("version", "place"), name="member_once"),)

    def __str__(self) -> str:
        return self.subject


class SealedKey(models.Model):
    """The private key of a version, sealed; a table of its own so that no list ever loads it."""

    version = models.OneToOneField(CertificateVersion, on_delete=models.CASCADE, primary_key=True, related_name="key")
    token = models.BinaryField()  # MultiFernet token of the PKCS#8 PEM

    def __str__(self) -> str:
        return f"key of {self.version_id}"
