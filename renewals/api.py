"""REST: accounts with ACME servers, and renewals."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from access.actors import actor_of
from access.rest import PageParameters, expected_revision, with_etag
from console.tables import Page, keyset_page
from renewals import accounts, schemas, selectors, services
from renewals.models import AcmeAccount, Renewal

router = Router(tags=["renewals"])


@router.get("/acme-accounts", response=schemas.AccountPage, operation_id="listAcmeAccounts")
def list_accounts(request: HttpRequest, page: PageParameters) -> Page[AcmeAccount]:
    """List the accounts by name."""
    return keyset_page(selectors.accounts(), ("name", "id"), page.cursor, page.limit)


@router.post("/acme-accounts", response={201: schemas.AccountOut}, operation_id="createAcmeAccount")
def create_account(request: HttpRequest, response: HttpResponse, body: schemas.AccountIn) -> Status[AcmeAccount]:
    """Register an account with an ACME server."""
    account = accounts.create_account(actor_of(request), **body.model_dump())
    return Status(201, with_etag(response, account))


@router.get("/acme-accounts/{account_id}", response=schemas.AccountOut, operation_id="getAcmeAccount")
def get_account(request: HttpRequest, response: HttpResponse, account_id: str) -> AcmeAccount:
    """Return an account."""
    return with_etag(response, selectors.account_by_id(account_id))


@router.patch("/acme-accounts/{account_id}", response=schemas.AccountOut, operation_id="updateAcmeAccount")
def update_account(
    request: HttpRequest, response: HttpResponse, account_id: str, body: schemas.AccountChange
) -> AcmeAccount:
    """Change an account's name, contact or trusted CA; another contact is told to its server."""
    account = accounts.update_account(
        actor_of(request), account_id, expected_revision=expected_revision(request), **body.model_dump()
    )
    return with_etag(response, account)


@router.delete("/acme-accounts/{account_id}", response={204: None}, operation_id="deleteAcmeAccount")
def delete_account(request: HttpRequest, account_id: str) -> Status[None]:
    """Delete an account here, and deactivate it at its server if that answers."""
    accounts.delete_account(actor_of(request), account_id, expected_revision=expected_revision(request))
    return Status(204, None)


@router.get("/renewals", response=schemas.RenewalPage, operation_id="listRenewals")
def list_renewals(request: HttpRequest, query: Annotated[schemas.RenewalQuery, Query()]) -> Page[Renewal]:
    """List the renewals, newest first."""
    rows = selectors.renewals(state=query.state, query=query.q)
    return keyset_page(rows, selectors.ORDER, query.cursor, query.limit)


@router.post("/renewals", response={201: schemas.RenewalDetail}, operation_id="createRenewal")
def create_renewal(request: HttpRequest, response: HttpResponse, body: schemas.RenewalIn) -> Status[Renewal]:
    """Order a certificate now, and renew it from then on."""
    renewal = services.create_renewal(actor_of(request), **body.model_dump())
    return Status(201, with_etag(response, renewal))


@router.get("/renewals/{renewal_id}", response=schemas.RenewalDetail, operation_id="getRenewal")
def get_renewal(request: HttpRequest, response: HttpResponse, renewal_id: str) -> Renewal:
    """Return a renewal with its newest attempts."""
    return with_etag(response, selectors.renewal_by_id(renewal_id))


@router.patch("/renewals/{renewal_id}", response=schemas.RenewalDetail, operation_id="updateRenewal")
def update_renewal(
    request: HttpRequest, response: HttpResponse, renewal_id: str, body: schemas.RenewalChange
) -> Renewal:
    """Change how a certificate is renewed, from its next renewal on."""
    return with_etag(
        response,
        services.update_renewal(
            actor_of(request), renewal_id, expected_revision=expected_revision(request), **body.model_dump()
        ),
    )


@router.post("/renewals/{renewal_id}/renew", response=schemas.RenewalDetail, operation_id="renewNow")
def renew_now(request: HttpRequest, response: HttpResponse, renewal_id: str) -> Renewal:
    """Have a worker renew it as soon as one is free."""
    revision = expected_revision(request)
    return with_etag(response, services.renew_now(actor_of(request), renewal_id, expected_revision=revision))


@router.post("/renewals/{renewal_id}/pause", response=schemas.RenewalDetail, operation_id="pauseRenewal")
def pause_renewal(request: HttpRequest, response: HttpResponse, renewal_id: str) -> Renewal:
    """Stop renewing until it is resumed."""
    revision = expected_revision(request)
    return with_etag(response, services.pause_renewal(actor_of(request), renewal_id, expected_revision=revision))


@router.post("/renewals/{renewal_id}/resume", response=schemas.RenewalDetail, operation_id="resumeRenewal")
def resume_renewal(request: HttpRequest, response: HttpResponse, renewal_id: str) -> Renewal:
    """Renew again when it is due."""
    revision = expected_revision(request)
    return with_etag(response, services.resume_renewal(actor_of(request), renewal_id, expected_revision=revision))


@router.delete("/renewals/{renewal_id}", response={204: None}, operation_id="deleteRenewal")
def delete_renewal(request: HttpRequest, renewal_id: str) -> Status[None]:
    """Stop renewing for good; the certificate stays."""
    services.delete_renewal(actor_of(request), renewal_id, expected_revision=expected_revision(request))
    return Status(204, None)
