"""REST: watched addresses."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from access.actors import actor_of
from access.rest import expected_revision, with_etag
from console.tables import Page, keyset_page
from watchlist import schemas, selectors, services
from watchlist.models import WatchedAddress

router = Router(tags=["watch list"])


@router.get("/watched-addresses", response=schemas.WatchedPage, operation_id="listWatchedAddresses")
def list_addresses(request: HttpRequest, query: Annotated[schemas.WatchedQuery, Query()]) -> Page[WatchedAddress]:
    """List the watched addresses by name."""
    rows = selectors.addresses(state=query.state, query=query.q)
    return keyset_page(rows, selectors.ORDER, query.cursor, query.limit)


@router.post("/watched-addresses", response={201: schemas.WatchedOut}, operation_id="createWatchedAddress")
def create_address(request: HttpRequest, response: HttpResponse, body: schemas.WatchedIn) -> Status[WatchedAddress]:
    """Watch an address; a worker checks it at once."""
    row = services.watch_address(actor_of(request), **body.model_dump())
    return Status(201, with_etag(response, row))


@router.get("/watched-addresses/{address_id}", response=schemas.WatchedOut, operation_id="getWatchedAddress")
def get_address(request: HttpRequest, response: HttpResponse, address_id: str) -> WatchedAddress:
    """Return a watched address and what it showed."""
    return with_etag(response, selectors.address_by_id(address_id))


@router.patch("/watched-addresses/{address_id}", response=schemas.WatchedOut, operation_id="updateWatchedAddress")
def update_address(
    request: HttpRequest, response: HttpResponse, address_id: str, body: schemas.WatchedChange
) -> WatchedAddress:
    """Change a watched address; it is checked at once."""
    revision = expected_revision(request)
    row = services.update_address(actor_of(request), address_id, expected_revision=revision, **body.model_dump())
    return with_etag(response, row)


@router.post("/watched-addresses/{address_id}/check", response=schemas.WatchedOut, operation_id="checkWatchedAddress")
def check_address(request: HttpRequest, response: HttpResponse, address_id: str) -> WatchedAddress:
    """Have a worker check it as soon as one is free."""
    revision = expected_revision(request)
    return with_etag(response, services.check_now(actor_of(request), address_id, expected_revision=revision))


@router.delete("/watched-addresses/{address_id}", response={204: None}, operation_id="deleteWatchedAddress")
def delete_address(request: HttpRequest, address_id: str) -> Status[None]:
    """Watch it no more."""
    services.stop_watching(actor_of(request), address_id, expected_revision=expected_revision(request))
    return Status(204, None)
