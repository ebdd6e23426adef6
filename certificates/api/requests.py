"""REST: certificate requests."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from access.actors import actor_of
from access.rest import expected_revision, with_etag
from certificates import waiting
from certificates.models import CertificateRequest
from certificates.schemas.certificates import ImportedOut, imported_out
from certificates.schemas.requests import (
    CertificateRequestIn,
    CertificateRequestOut,
    CertificateRequestQuery,
    CertificateRequestsOut,
    IssuedIn,
)
from certificates.services import requests as services
from certificates.usage import usages_of
from console.tables import Page, keyset_page

router = Router(tags=["certificate requests"])


@router.get("/certificate-requests", response=CertificateRequestsOut, operation_id="listCertificateRequests")
def list_requests(request: HttpRequest, query: Annotated[CertificateRequestQuery, Query()]) -> Page[CertificateRequest]:
    """List requests, newest first."""
    return keyset_page(waiting.requests(is_waiting=query.waiting), waiting.ORDER, query.cursor, query.limit)


@router.post("/certificate-requests", response={201: CertificateRequestOut}, operation_id="createCertificateRequest")
def create_request(
    request: HttpRequest, response: HttpResponse, body: CertificateRequestIn
) -> Status[CertificateRequest]:
    """Make a key, which is kept, and a certificate signing request for it."""
    new = services.NewRequest(
        names=body.names, subject=body.subject.subject(), name=body.name, key_type=body.key_type, renews=body.renews
    )
    made = services.create_request(actor_of(request), new)
    return Status(201, with_etag(response, made))


@router.get("/certificate-requests/{request_id}", response=CertificateRequestOut, operation_id="getCertificateRequest")
def get_request(request: HttpRequest, response: HttpResponse, request_id: str) -> CertificateRequest:
    """Return a request with its CSR."""
    return with_etag(response, waiting.request_by_id(request_id))


@router.post(
    "/certificate-requests/{request_id}/complete",
    response={201: ImportedOut},
    operation_id="completeCertificateRequest",
)
def complete_request(
    request: HttpRequest, response: HttpResponse, request_id: str, body: IssuedIn
) -> Status[dict[str, object]]:
    """Store the certificate that was issued: as a new one, or as the next version of the renewed one."""
    imported = services.complete_request(
        actor_of(request),
        request_id,
        certificate_pem=body.certificate_pem.encode(),
        reason=body.reason,
        expected_revision=expected_revision(request),
    )
    with_etag(response, imported.certificate)
    return Status(201, imported_out(imported, usages_of([imported.certificate.id])[imported.certificate.id]))


@router.delete("/certificate-requests/{request_id}", response={204: None}, operation_id="deleteCertificateRequest")
def delete_request(request: HttpRequest, request_id: str) -> Status[None]:
    """Delete a request; the key of one that waits is lost."""
    services.delete_request(actor_of(request), request_id, expected_revision=expected_revision(request))
    return Status(204, None)
