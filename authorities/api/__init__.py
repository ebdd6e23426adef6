"""REST: authorities, what they issue, and CA repositories."""

from ninja import Router

from authorities.api.authorities import router as authorities_router
from authorities.api.repositories import router as repositories_router

router = Router()
router.add_router("", authorities_router)
router.add_router("", repositories_router)

__all__ = ("router",)
