"""Tags of load balancers, listeners and server groups."""

from django.db import models


class ResourceTag(models.Model):
    """A key and a value on one object, to find and group it by."""

    object_type = models.CharField(max_length=32)  # load_balancer, listener, server_group
    object_id = models.CharField(max_length=32)
    key = models.CharField(max_length=128)
    value = models.CharField(max_length=128, blank=True)

    class Meta:
        ordering = ("key",)
        constraints = (models.UniqueConstraint(fields=("object_type", "object_id", "key"), name="resource_tag_once"),)
        indexes = (models.Index(fields=("object_type", "key", "value"), name="resource_tag_key_value"),)

    def __str__(self) -> str:
        return f"{self.key}={self.value}"
