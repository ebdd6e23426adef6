"""REST: certificates."""

from ninja import Router

router = Router(tags=["certificates"])
