"""REST: listeners."""

from ninja import Router

router = Router(tags=["listeners"])
