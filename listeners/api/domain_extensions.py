"""REST: domain extensions, which an HTTPS listener of a Classic Load Balancer has in place of more certificates."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from listeners import services
from listeners.api.answers import changed_listener
from listeners.schemas.bindings import CertificateChoice, DomainExtensionsIn, Domains
from listeners.schemas.listeners import ListenerDetail
from listeners.services import DomainExtension

router = Router(tags=["listeners' certificates"])


@router.post("/listeners/{listener_id}/domain-extensions", response=ListenerDetail, operation_id="addDomainExtensions")
def add_domain_extensions(
    request: HttpRequest, response: HttpResponse, listener_id: str, body: DomainExtensionsIn
) -> ListenerDetail:
    """Add certificates for single names: all or, on any error, none."""
    extensions = [DomainExtension(each.domain, each.certificate_id) for each in body.extensions]
    return changed_listener(request, response, listener_id, services.add_domain_extensions, extensions=extensions)


@router.post(
    "/listeners/{listener_id}/domain-extensions/remove",
    response=ListenerDetail,
    operation_id="removeDomainExtensions",
)
def remove_domain_extensions(
    request: HttpRequest, response: HttpResponse, listener_id: str, body: Domains
) -> ListenerDetail:
    """Serve the default certificate again to clients that ask for these names: all or, on any error, none."""
    return changed_listener(request, response, listener_id, services.remove_domain_extensions, domains=body.domains)


@router.put(
    "/listeners/{listener_id}/domain-extensions/{domain}",
    response=ListenerDetail,
    operation_id="changeDomainExtension",
)
def change_domain_extension(
    request: HttpRequest, response: HttpResponse, listener_id: str, domain: str, body: CertificateChoice
) -> ListenerDetail:
    """Serve another certificate to clients that ask for the name."""
    return changed_listener(
        request,
        response,
        listener_id,
        services.change_domain_extension,
        domain=domain,
        certificate_id=body.certificate_id,
    )


@router.delete(
    "/listeners/{listener_id}/domain-extensions/{domain}",
    response=ListenerDetail,
    operation_id="removeDomainExtension",
)
def remove_domain_extension(
    request: HttpRequest, response: HttpResponse, listener_id: str, domain: str
) -> ListenerDetail:
    """Serve the default certificate again to clients that ask for the name."""
    return changed_listener(request, response, listener_id, services.remove_domain_extensions, domains=[domain])
