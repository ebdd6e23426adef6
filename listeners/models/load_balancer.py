"""Load balancer instances."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.ids import load_balancer_id


class Product(models.TextChoices):
    """The kinds of load balancer."""

    NLB = "NLB", _("Network Load Balancer")
    ALB = "ALB", _("Application Load Balancer")
    CLB = "CLB", _("Classic Load Balancer")


class Edition(models.TextChoices):
    """What an Application Load Balancer can do; the other products have one edition, the empty one."""

    BASIC = "Basic", _("Basic")
    STANDARD = "Standard", _("Standard")
    EXTENDED = "Extended", _("Extended")
    WAF = "StandardWithWaf", _("WAF-enabled")


class LoadBalancer(models.Model):
    """An instance: a name, and the local address on which its listeners accept connections."""

    id = models.CharField(primary_key=True, max_length=32, default=load_balancer_id, editable=False)
    product = models.CharField(max_length=3, choices=Product.choices, default=Product.NLB)
    edition = models.CharField(max_length=16, choices=Edition.choices, blank=True)
    name = models.CharField(max_length=128, unique=True)
    region = models.CharField(max_length=64)
    bind_address = models.GenericIPAddressField()
    deletion_protection = models.BooleanField(default=False)
    deletion_protection_reason = models.CharField(max_length=128, blank=True)
    modification_protection = models.BooleanField(default=False)  # of the pages; REST and commands still change
    modification_protection_reason = models.CharField(max_length=128, blank=True)
    # Of a CLB: [{"address", "weight", "description"}], which its listeners use on a port of their own.
    default_servers = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
