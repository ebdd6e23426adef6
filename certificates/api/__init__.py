"""REST: certificates, drops of files, certificate requests and revocation lists."""

from ninja import Router

from certificates.api.certificates import router as certificates_router
from certificates.api.drops import router as drops_router
from certificates.api.requests import router as requests_router
from certificates.api.revocation import router as revocation_router

router = Router()
router.add_router("", drops_router)  # before /certificates/{certificate_id}
router.add_router("", certificates_router)
router.add_router("", requests_router)
router.add_router("", revocation_router)
