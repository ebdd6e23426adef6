"""Limits, as rows that an administrator can raise."""

from django.db import models


class Quota(models.Model):
    """One limit, under the name that the cloud gives it; the rows come with a migration."""

    name = models.CharField(primary_key=True, max_length=64)
    limit = models.PositiveIntegerField()
    description = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name} = {self.limit}"
