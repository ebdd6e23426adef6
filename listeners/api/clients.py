"""REST: the clients of a listener with mutual authentication, and what servers are told of clients."""

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from access.actors import actor_of
from access.rest import PageOut, PageParameters, expected_revision, with_etag
from console.tables import Page
from listeners import forwarded_headers, selectors, services
from listeners.forwarded_rules import applicable_settings
from listeners.models import Listener, ObservedClient
from listeners.schemas.clients import (
    ClientOut,
    ClientsQuery,
    ClientSummaryOut,
    ForwardedHeadersOut,
    ForwardedHeadersPatch,
)

router = Router(tags=["listeners' clients"])


@router.get("/listeners/{listener_id}/clients", response=PageOut[ClientOut], operation_id="listListenerClients")
def list_clients(
    request: HttpRequest, listener_id: str, page: PageParameters, wanted: Annotated[ClientsQuery, Query()]
) -> Page[ObservedClient]:
    """List the client certificates that a listener with mutual authentication was shown, the last one first."""
    listener = selectors.listener_by_id(listener_id)
    return selectors.clients_page(listener, wanted.q, wanted.only, page.cursor, page.limit)


@router.get(
    "/listeners/{listener_id}/clients/summary", response=ClientSummaryOut, operation_id="summarizeListenerClients"
)
def summarize_clients(request: HttpRequest, listener_id: str) -> selectors.ClientSummary:
    """Tell what enforcing mutual authentication would do to the clients of the last seven days."""
    return selectors.client_summary(selectors.listener_by_id(listener_id))


@router.get(
    "/listeners/{listener_id}/forwarded-headers", response=ForwardedHeadersOut, operation_id="getForwardedHeaders"
)
def get_forwarded_headers(request: HttpRequest, response: HttpResponse, listener_id: str) -> dict[str, Any]:
    """Show what a listener tells servers of its clients in request headers."""
    return _answer(response, selectors.listener_by_id(listener_id))


@router.patch(
    "/listeners/{listener_id}/forwarded-headers", response=ForwardedHeadersOut, operation_id="updateForwardedHeaders"
)
def update_forwarded_headers(
    request: HttpRequest, response: HttpResponse, listener_id: str, body: ForwardedHeadersPatch
) -> dict[str, Any]:
    """Change the settings that are sent."""
    services.set_forwarded_headers(
        actor_of(request),
        listener_id,
        expected_revision=expected_revision(request),
        **body.model_dump(exclude_unset=True),
    )
    return _answer(response, selectors.listener_by_id(listener_id))


def _answer(response: HttpResponse, listener: Listener) -> dict[str, Any]:
    with_etag(response, listener)
    balancer = listener.load_balancer
    applicable = applicable_settings(balancer.product, balancer.edition, listener.protocol)
    return {**asdict(forwarded_headers.read(listener.forwarded_headers)), "applicable": sorted(applicable)}
