"""Replacements that wait for a decision: what was uploaded, sealed, until an operator has seen what it changes."""

from django.db import models

from certificates.models.certificate import Certificate
from console.ids import replacement_id


class Replacement(models.Model):
    """An upload that was read and not yet stored as a version; deleted when it is decided, or after a while."""

    id = models.CharField(primary_key=True, max_length=32, default=replacement_id, editable=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="replacements")
    # The revision of the certificate that the upload was made for.
    revision = models.PositiveIntegerField()
    token = models.BinaryField()  # MultiFernet token of the parsed bundle, its key included
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    created_by = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"replacement of {self.certificate_id}"
