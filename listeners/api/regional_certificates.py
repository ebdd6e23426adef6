"""REST: the certificates of Classic Load Balancers, which are added to them region by region."""

from collections.abc import Sequence
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Status

from access.actors import actor_of
from access.rest import PageOut, PageParameters
from console.tables import Page
from listeners import selectors, services
from listeners.models import RegionalCertificate
from listeners.schemas.regional_certificates import (
    AddedOut,
    RegionalCertificateIn,
    RegionalCertificateOut,
    RegionalCertificatesQuery,
    RegionalUploadIn,
)

router = Router(tags=["regional certificates"])


@router.get("/regional-certificates", response=PageOut[RegionalCertificateOut], operation_id="listRegionalCertificates")
def list_regional_certificates(
    request: HttpRequest, page: PageParameters, wanted: Annotated[RegionalCertificatesQuery, Query()]
) -> Page[RegionalCertificate]:
    """List which certificates Classic Load Balancers of which region can use."""
    filters = selectors.RegionalFilter(query=wanted.q, **wanted.model_dump(exclude={"q"}))
    return selectors.regional_certificates(filters, page.cursor, page.limit)


@router.post("/regional-certificates", response={201: AddedOut}, operation_id="addRegionalCertificate")
def add_regional_certificate(request: HttpRequest, body: RegionalCertificateIn) -> Status[dict[str, object]]:
    """Add a certificate of the repository to regions: to all that are named, or to none."""
    added = services.add_regional_certificate(actor_of(request), body.certificate_id, regions=body.regions)
    return Status(201, {"items": _shown(added)})


@router.post("/regional-certificates/upload", response={201: AddedOut}, operation_id="uploadRegionalCertificate")
def upload_regional_certificate(request: HttpRequest, body: RegionalUploadIn) -> Status[dict[str, object]]:
    """Import a third party's certificate into the repository and add it to regions: both, or nothing."""
    upload = services.Upload(
        kind=body.kind,
        name=body.name,
        certificate_pem=body.certificate_pem.encode(),
        private_key_pem=body.private_key_pem.encode() if body.private_key_pem else None,
        passphrase=body.passphrase,
    )
    imported, added = services.upload_regional_certificate(actor_of(request), upload, regions=body.regions)
    warnings = [{"code": warning.code, "message": warning.message} for warning in imported.warnings]
    return Status(201, {"items": _shown(added), "warnings": warnings})


@router.delete(
    "/regional-certificates/{region}/{certificate_id}",
    response={204: None},
    operation_id="removeRegionalCertificate",
)
def remove_regional_certificate(request: HttpRequest, region: str, certificate_id: str) -> Status[None]:
    """Take a certificate away from a region; it stays in the repository. Refused while a listener there has it."""
    services.remove_regional_certificate(actor_of(request), certificate_id, region=region)
    return Status(204, None)


def _shown(added: Sequence[RegionalCertificate]) -> list[RegionalCertificate]:
    """Return the rows as the list has them."""
    return selectors.regional_certificates_by_id([row.pk for row in added])
