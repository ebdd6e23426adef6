"""How far messages and heartbeats may go: the public Internet, and the ranges that an administrator allowed."""

import ipaddress

from django.db.models import QuerySet

from alerts.models import AllowedRange
from console.routable import Reach


def allowed_ranges() -> "QuerySet[AllowedRange]":
    """Return the ranges by their spelling."""
    return AllowedRange.objects.order_by("network", "pk")


def alerts_reach() -> Reach:
    """Return where requests may go at this moment."""
    return Reach(tuple(ipaddress.ip_network(text) for text in allowed_ranges().values_list("network", flat=True)))
