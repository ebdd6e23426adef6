"""REST: repositories of third-party CA certificates."""

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from access.actors import actor_of
from access.rest import PageParameters, expected_revision, with_etag
from authorities import selectors
from authorities.models import Repository
from authorities.schemas import CaCertificateIn, RepositoriesOut, RepositoryIn, RepositoryOut
from authorities.services import repositories as services
from certificates.schemas.certificates import CertificatesOut, ImportedOut, certificate_out, imported_out
from certificates.selectors import ORDER
from certificates.usage import usages_of
from console.tables import Page, keyset_page

router = Router(tags=["CA repositories"])


@router.get("/ca-repositories", response=RepositoriesOut, operation_id="listCaRepositories")
def list_repositories(request: HttpRequest, query: PageParameters) -> Page[Repository]:
    """List the repositories by name."""
    return keyset_page(selectors.repositories(), ("name", "id"), query.cursor, query.limit)


@router.post("/ca-repositories", response={201: RepositoryOut}, operation_id="createCaRepository")
def create_repository(request: HttpRequest, response: HttpResponse, body: RepositoryIn) -> Status[Repository]:
    """Create an empty repository, whose data source is uploaded CA certificates."""
    made = services.create_repository(actor_of(request), name=body.name, description=body.description)
    return Status(201, with_etag(response, made))


@router.get("/ca-repositories/{repository_id}", response=RepositoryOut, operation_id="getCaRepository")
def get_repository(request: HttpRequest, response: HttpResponse, repository_id: str) -> Repository:
    """Return a repository."""
    return with_etag(response, selectors.repository_by_id(repository_id))


@router.put("/ca-repositories/{repository_id}", response=RepositoryOut, operation_id="changeCaRepository")
def change_repository(
    request: HttpRequest, response: HttpResponse, repository_id: str, body: RepositoryIn
) -> Repository:
    """Give a repository another name and description."""
    changed = services.change_repository(
        actor_of(request),
        repository_id,
        name=body.name,
        description=body.description,
        expected_revision=expected_revision(request),
    )
    return with_etag(response, changed)


@router.delete("/ca-repositories/{repository_id}", response={204: None}, operation_id="deleteCaRepository")
def delete_repository(request: HttpRequest, repository_id: str) -> Status[None]:
    """Delete a repository of which no certificate is in use; its certificates stay."""
    services.delete_repository(actor_of(request), repository_id, expected_revision=expected_revision(request))
    return Status(204, None)


@router.get(
    "/ca-repositories/{repository_id}/certificates",
    response=CertificatesOut,
    operation_id="listCaRepositoryCertificates",
)
def list_certificates(request: HttpRequest, repository_id: str, query: PageParameters) -> dict[str, object]:
    """List the CA certificates of a repository, soonest expiry first."""
    found = selectors.repository_certificates(selectors.repository_by_id(repository_id))
    page = keyset_page(found, ORDER, query.cursor, query.limit)
    users = usages_of([certificate.pk for certificate in page])
    items = [certificate_out(certificate, users[certificate.pk]) for certificate in page]
    return {"items": items, "next_cursor": page.next_cursor}


@router.post(
    "/ca-repositories/{repository_id}/certificates",
    response={201: ImportedOut},
    operation_id="uploadCaCertificate",
)
def upload_certificate(
    request: HttpRequest, response: HttpResponse, repository_id: str, body: CaCertificateIn
) -> Status[dict[str, object]]:
    """Upload a self-signed root or an intermediate into a repository."""
    imported = services.upload_certificate(
        actor_of(request), repository_id, name=body.name, certificate_pem=body.certificate_pem.encode()
    )
    with_etag(response, imported.certificate)
    return Status(201, imported_out(imported, usages_of([imported.certificate.pk])[imported.certificate.pk]))


@router.put(
    "/ca-repositories/{repository_id}/certificates/{certificate_id}",
    response=RepositoryOut,
    operation_id="addCaCertificate",
)
def add_certificate(
    request: HttpRequest, response: HttpResponse, repository_id: str, certificate_id: str
) -> Repository:
    """Put a CA certificate that is stored already into a repository, too."""
    changed = services.add_certificate(actor_of(request), repository_id, certificate_id)
    return with_etag(response, changed)


@router.delete(
    "/ca-repositories/{repository_id}/certificates/{certificate_id}",
    response={204: None},
    operation_id="removeCaCertificate",
)
def remove_certificate(request: HttpRequest, repository_id: str, certificate_id: str) -> Status[None]:
    """Take a certificate out of a repository; it stays stored."""
    services.remove_certificate(actor_of(request), repository_id, certificate_id)
    return Status(204, None)
