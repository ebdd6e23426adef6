"""REST: the certificates of a listener."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from access.actors import actor_of
from access.rest import PageOut, PageParameters, expected_revision
from console.tables import Page
from listeners import selectors, services
from listeners.api.answers import changed_listener, listener_answer
from listeners.explanation import Client
from listeners.models import Binding
from listeners.schemas.bindings import (
    BindingOut,
    CaCertificateChoice,
    CertificateChoice,
    CertificateIds,
    MatchOut,
    MutualAuthentication,
)
from listeners.schemas.listeners import ListenerDetail
from listeners.selectors import Match

router = Router(tags=["listeners' certificates"])


@router.get(
    "/listeners/{listener_id}/certificates", response=PageOut[BindingOut], operation_id="listListenerCertificates"
)
def list_certificates(
    request: HttpRequest, listener_id: str, page: PageParameters, role: Binding.Role | None = None
) -> Page[Binding]:
    """List the certificates of a listener, oldest first, or those of one role."""
    listener = selectors.listener_by_id(listener_id)
    return selectors.bindings_page(listener, page.cursor, page.limit, role or "")


@router.post("/listeners/{listener_id}/certificates", response=ListenerDetail, operation_id="addListenerCertificates")
def add_certificates(
    request: HttpRequest, response: HttpResponse, listener_id: str, body: CertificateIds
) -> ListenerDetail:
    """Add additional certificates: all or, on any error, none."""
    return changed_listener(
        request, response, listener_id, services.add_additional_certificates, certificate_ids=body.certificate_ids
    )


@router.post(
    "/listeners/{listener_id}/certificates/remove", response=ListenerDetail, operation_id="removeListenerCertificates"
)
def remove_certificates(
    request: HttpRequest, response: HttpResponse, listener_id: str, body: CertificateIds
) -> ListenerDetail:
    """Take additional certificates off: all or, on any error, none."""
    return changed_listener(
        request, response, listener_id, services.remove_additional_certificates, certificate_ids=body.certificate_ids
    )


@router.get("/listeners/{listener_id}/certificates/match", response=MatchOut, operation_id="matchListenerCertificate")
def match_certificate(
    request: HttpRequest, listener_id: str, server_name: str = "", *, ecdsa: bool = True, tls_version: str = "TLSv1.3"
) -> Match:
    """Tell which certificate a client gets, and why: by its name (SNI), its use of ECDSA and its newest version."""
    client = Client(server_name, can_ecdsa=ecdsa, version=tls_version)
    return selectors.certificate_for(selectors.listener_by_id(listener_id), client)


@router.delete(
    "/listeners/{listener_id}/certificates/{certificate_id}",
    response=ListenerDetail,
    operation_id="removeListenerCertificate",
)
def remove_certificate(
    request: HttpRequest, response: HttpResponse, listener_id: str, certificate_id: str
) -> ListenerDetail:
    """Take one additional certificate off."""
    return changed_listener(
        request, response, listener_id, services.remove_additional_certificates, certificate_ids=[certificate_id]
    )


@router.put(
    "/listeners/{listener_id}/default-certificate", response=ListenerDetail, operation_id="changeDefaultCertificate"
)
def change_default_certificate(
    request: HttpRequest, response: HttpResponse, listener_id: str, body: CertificateChoice
) -> ListenerDetail:
    """Replace the default certificate by another one."""
    return changed_listener(
        request, response, listener_id, services.change_default_certificate, certificate_id=body.certificate_id
    )


@router.put("/listeners/{listener_id}/ca-certificate", response=ListenerDetail, operation_id="changeCaCertificate")
def change_ca_certificate(
    request: HttpRequest, response: HttpResponse, listener_id: str, body: CaCertificateChoice
) -> ListenerDetail:
    """Replace the CA certificate by another one."""
    return changed_listener(
        request, response, listener_id, services.change_ca_certificate, ca_certificate_id=body.ca_certificate_id
    )


@router.put(
    "/listeners/{listener_id}/mutual-authentication", response=ListenerDetail, operation_id="setMutualAuthentication"
)
def set_mutual_authentication(
    request: HttpRequest, response: HttpResponse, listener_id: str, body: MutualAuthentication
) -> ListenerDetail:
    """Switch between one-way and mutual authentication, and between observing clients and refusing bad ones."""
    return changed_listener(
        request,
        response,
        listener_id,
        services.set_mutual_authentication,
        enabled=body.enabled,
        mode=body.mode,
        ca_certificate_id=body.ca_certificate_id,
    )


@router.post(
    "/listeners/{listener_id}/bindings/{binding_id}/roll-back",
    response=ListenerDetail,
    operation_id="rollBackListenerCertificate",
)
def roll_back_binding(
    request: HttpRequest, response: HttpResponse, listener_id: str, binding_id: int
) -> ListenerDetail:
    """Put the certificate back that the last change of this slot replaced."""
    services.roll_back_binding(
        actor_of(request), binding_id, listener_id=listener_id, expected_revision=expected_revision(request)
    )
    return listener_answer(response, listener_id)
