"""Drops that wait for a decision: the files as they came, sealed, until an operator has seen what they hold."""

from django.db import models

from console.ids import drop_id


class Drop(models.Model):
    """Files that were given and not yet imported; deleted when they are, or after a quarter of an hour."""

    id = models.CharField(primary_key=True, max_length=32, default=drop_id, editable=False)
    token = models.BinaryField()  # MultiFernet token of the files and their passphrases
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    created_by = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.id
