"""Load balancer instances."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.ids import load_balancer_id


class Product(models.TextChoices):
    """The kinds of load balancer."""

    NLB = "NLB", _("Network Load Balancer")


class LoadBalancer(models.Model):
    """An instance: a name, and the local address on which its listeners accept connections."""

    id = models.CharField(primary_key=True, max_length=32, default=load_balancer_id, editable=False)
    product = models.CharField(max_length=3, choices=Product.choices, default=Product.NLB)
    name = models.CharField(max_length=128, unique=True)
    region = models.CharField(max_length=64)
    bind_address = models.GenericIPAddressField()
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
