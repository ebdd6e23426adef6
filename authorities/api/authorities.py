"""REST: authorities and what they issue."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from access.actors import actor_of
from access.rest import PageParameters, expected_revision, with_etag
from authorities import selectors, services
from authorities.models import Authority, IssuedCertificate
from authorities.schemas import (
    AuthoritiesOut,
    AuthorityIn,
    AuthorityOut,
    AuthorityPatch,
    AuthorityRenewalIn,
    DeletionQuery,
    IssuedOut,
    IssuedPageOut,
    IssuedQuery,
    IssuedTableOut,
    OrderIn,
    RenewedAuthorityOut,
    RevocationIn,
    TableIn,
    authority_out,
    renewed_out,
)
from certificates.schemas.certificates import ImportedOut, imported_out
from certificates.services import Imported
from certificates.usage import usages_of
from console.tables import keyset_page

router = Router(tags=["authorities"])
ORDER = ("created_at", "id")


@router.get("/authorities", response=AuthoritiesOut, operation_id="listAuthorities")
def list_authorities(request: HttpRequest, query: PageParameters) -> dict[str, object]:
    """List private authorities, oldest first."""
    page = keyset_page(selectors.authorities(), ORDER, query.cursor, query.limit)
    return {"items": [authority_out(authority) for authority in page], "next_cursor": page.next_cursor}


@router.post("/authorities", response={201: AuthorityOut}, operation_id="createAuthority")
def create_authority(request: HttpRequest, response: HttpResponse, body: AuthorityIn) -> Status[Authority]:
    """Create a root, or below another authority a subordinate."""
    authority = services.create_authority(actor_of(request), body.new())
    return Status(201, _answer(response, authority.pk))


@router.get("/authorities/{authority_id}", response=AuthorityOut, operation_id="getAuthority")
def get_authority(request: HttpRequest, response: HttpResponse, authority_id: str) -> Authority:
    """Return an authority with the addresses at which it publishes."""
    return _answer(response, authority_id)


@router.patch("/authorities/{authority_id}", response=AuthorityOut, operation_id="changeAuthority")
def change_authority(
    request: HttpRequest, response: HttpResponse, authority_id: str, body: AuthorityPatch
) -> Authority:
    """Set for how long revocation lists are good."""
    services.change_authority(
        actor_of(request), authority_id, crl_hours=body.crl_hours, expected_revision=expected_revision(request)
    )
    return _answer(response, authority_id)


@router.post("/authorities/{authority_id}/renew", response=RenewedAuthorityOut, operation_id="renewAuthority")
def renew_authority(
    request: HttpRequest, response: HttpResponse, authority_id: str, body: AuthorityRenewalIn
) -> Authority:
    """Sign the authority's own certificate anew with the same key, as its next version; listeners follow."""
    renewed = services.renew_authority(
        actor_of(request), authority_id, days=body.days, expected_revision=expected_revision(request)
    )
    return renewed_out(_answer(response, authority_id), renewed)


@router.delete("/authorities/{authority_id}", response={204: None}, operation_id="deleteAuthority")
def delete_authority(request: HttpRequest, authority_id: str, query: Annotated[DeletionQuery, Query()]) -> Status[None]:
    """Delete an authority and its key; its certificate stays in the repository."""
    services.delete_authority(
        actor_of(request), authority_id, abandon=query.abandon, expected_revision=expected_revision(request)
    )
    return Status(204, None)


@router.post("/authorities/{authority_id}/publish", response=AuthorityOut, operation_id="publishRevocationList")
def publish_list(request: HttpRequest, response: HttpResponse, authority_id: str) -> Authority:
    """Publish a new revocation list now; it is done by itself when one is due, and at each revocation."""
    services.publish_list(actor_of(request), authority_id)
    return _answer(response, authority_id)


@router.get("/authorities/{authority_id}/certificates", response=IssuedPageOut, operation_id="listIssuedCertificates")
def list_issued(request: HttpRequest, authority_id: str, query: Annotated[IssuedQuery, Query()]) -> dict[str, object]:
    """List or search what an authority issued, newest first."""
    selectors.authority_by_id(authority_id)
    found = selectors.issued_by(authority_id, query=query.q, state=query.state)
    page = keyset_page(found, selectors.ISSUED_ORDER, query.cursor, query.limit)
    return {"items": page.items, "next_cursor": page.next_cursor}


@router.post("/authorities/{authority_id}/certificates", response={201: ImportedOut}, operation_id="issueCertificate")
def issue_certificate(
    request: HttpRequest, response: HttpResponse, authority_id: str, body: OrderIn
) -> Status[dict[str, object]]:
    """Issue a server or client certificate and store it; a key that is made here stays sealed in the repository."""
    issued = services.issue_certificate(actor_of(request), authority_id, body.order(), name=body.name)
    with_etag(response, issued.certificate)
    return Status(201, _stored(issued))


@router.post(
    "/authorities/{authority_id}/certificates/bulk",
    response={201: IssuedTableOut},
    operation_id="issueCertificates",
)
def issue_table(request: HttpRequest, authority_id: str, body: TableIn) -> Status[dict[str, object]]:
    """Issue a certificate for each line of a CSV, all of them or none."""
    issued = services.issue_table(actor_of(request), authority_id, body.table.encode())
    users = usages_of([each.certificate.pk for each in issued])
    return Status(201, {"items": [imported_out(each, users[each.certificate.pk]) for each in issued]})


@router.get(
    "/authorities/{authority_id}/certificates/{serial}", response=IssuedOut, operation_id="getIssuedCertificate"
)
def get_issued(request: HttpRequest, authority_id: str, serial: str) -> IssuedCertificate:
    """Return what was issued under a serial number, and whether it is revoked."""
    return selectors.issued_by_serial(authority_id, serial)


@router.post(
    "/authorities/{authority_id}/certificates/{serial}/revoke", response=IssuedOut, operation_id="revokeCertificate"
)
def revoke_certificate(request: HttpRequest, authority_id: str, serial: str, body: RevocationIn) -> IssuedCertificate:
    """Revoke a certificate, for good, and publish the list that says so."""
    return services.revoke_certificate(actor_of(request), authority_id, serial, reason=body.reason)


def _answer(response: HttpResponse, authority_id: str) -> Authority:
    authority = selectors.authority_by_id(authority_id)
    with_etag(response, authority)
    return authority_out(authority)


def _stored(issued: Imported) -> dict[str, object]:
    certificate = issued.certificate
    return imported_out(issued, usages_of([certificate.pk])[certificate.pk])
