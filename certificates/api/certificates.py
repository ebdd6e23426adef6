"""REST: certificates."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from ninja import Query, Router, Status

from access.actors import actor_of, user_of
from access.reauthentication import refuse_without, refuse_wrong_password
from access.rest import PageOut, PageParameters, expected_revision, whole, with_etag
from certificates import selectors, services
from certificates.coverage import Difference, difference_of_bundle
from certificates.examination import advice_for
from certificates.finding import ORDER, find_certificates
from certificates.models import Certificate, CertificateVersion
from certificates.pages.exporting import sent
from certificates.schemas.certificates import (
    CertificateDeletionOut,
    CertificateIn,
    CertificateOut,
    CertificatePatch,
    CertificateQuery,
    CertificatesOut,
    CoverageDifferenceOut,
    ExportIn,
    HintOut,
    ImportedOut,
    LabelledOut,
    LabelsIn,
    ReplacementIn,
    RollBackIn,
    VersionsOut,
    certificate_out,
    imported_out,
)
from certificates.services import Imported
from certificates.services.exporting import PERMISSION, export_certificate, export_key, refuse_where_switched_off
from certificates.services.versions import check_replacement, read_replacement
from certificates.usage import followers_of, usages_of
from console.tables import Page, keyset_page

router = Router(tags=["certificates"])


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _answer(response: HttpResponse, certificate: Certificate) -> dict[str, object]:
    with_etag(response, certificate)
    return certificate_out(certificate, usages_of([certificate.id])[certificate.id])


def _answer_import(response: HttpResponse, imported: Imported) -> dict[str, object]:
    with_etag(response, imported.certificate)
    return imported_out(imported, usages_of([imported.certificate.id])[imported.certificate.id])


@router.get("/certificates", response=CertificatesOut, operation_id="listCertificates")
def list_certificates(request: HttpRequest, query: Annotated[CertificateQuery, Query()]) -> dict[str, object]:
    """List or search certificates, soonest expiry first."""
    page = keyset_page(find_certificates(query.criteria(), timezone.now()), ORDER, query.cursor, query.limit)
    users = usages_of([certificate.id for certificate in page])
    items = [certificate_out(certificate, users[certificate.id]) for certificate in page]
    return {"items": items, "next_cursor": page.next_cursor}


@router.post("/certificates", response={201: ImportedOut}, operation_id="importCertificate")
def import_certificate(request: HttpRequest, response: HttpResponse, body: CertificateIn) -> Status[dict[str, object]]:
    """Import a server or CA certificate."""
    imported = services.import_certificate(
        actor_of(request),
        kind=body.kind,
        name=body.name,
        certificate_pem=body.certificate_pem.encode(),
        private_key_pem=_bytes(body.private_key_pem),
        passphrase=body.passphrase,
    )
    return Status(201, _answer_import(response, imported))


@router.post("/certificates/labels", response=LabelledOut, operation_id="labelCertificates")
def label_certificates(request: HttpRequest, body: LabelsIn) -> dict[str, int]:
    """Give many certificates an owner or tags, or take tags away: all of them, or none."""
    count = services.label_certificates(
        actor_of(request), body.ids, owner=body.owner, add_tags=body.add_tags, remove_tags=body.remove_tags
    )
    return {"count": count}


@router.get("/certificates/{certificate_id}", response=CertificateOut, operation_id="getCertificate")
def get_certificate(request: HttpRequest, response: HttpResponse, certificate_id: str) -> dict[str, object]:
    """Return a certificate with its current version and its users."""
    return _answer(response, selectors.certificate_by_id(certificate_id))


@router.get("/certificates/{certificate_id}/hints", response=PageOut[HintOut], operation_id="listCertificateHints")
def list_hints(request: HttpRequest, certificate_id: str) -> dict[str, object]:
    """List what to act on about a certificate, what is worst first."""
    certificate = selectors.certificate_by_id(certificate_id)
    is_used = bool(usages_of([certificate.id], most=1)[certificate.id].total)
    return whole(advice_for(certificate, selectors.version_of(certificate_id), is_used=is_used))


@router.get("/certificates/{certificate_id}/versions", response=VersionsOut, operation_id="listCertificateVersions")
def list_versions(request: HttpRequest, certificate_id: str, query: PageParameters) -> Page[CertificateVersion]:
    """List the versions of a certificate, newest first."""
    return keyset_page(selectors.versions_of(certificate_id), ("-number", "id"), query.cursor, query.limit)


@router.post("/certificates/{certificate_id}/replace", response=ImportedOut, operation_id="replaceCertificate")
def replace_certificate(
    request: HttpRequest, response: HttpResponse, certificate_id: str, body: ReplacementIn
) -> dict[str, object]:
    """Put a new version behind a certificate; every listener that uses it follows at once."""
    imported = services.replace_certificate(
        actor_of(request),
        certificate_id,
        certificate_pem=body.certificate_pem.encode(),
        private_key_pem=_bytes(body.private_key_pem),
        passphrase=body.passphrase,
        expected_revision=expected_revision(request),
        reason=body.reason,
    )
    return _answer_import(response, imported)


@router.post(
    "/certificates/{certificate_id}/replace/preview",
    response=CoverageDifferenceOut,
    operation_id="previewCertificateReplacement",
)
def preview_replacement(request: HttpRequest, certificate_id: str, body: ReplacementIn) -> Difference:
    """Say what a new version would change, and store nothing."""
    certificate = selectors.certificate_by_id(certificate_id)
    bundle = read_replacement(
        certificate_id, body.certificate_pem.encode(), _bytes(body.private_key_pem), body.passphrase
    )
    check_replacement(certificate, bundle)
    return difference_of_bundle(certificate, selectors.version_of(certificate_id), bundle)


@router.post("/certificates/{certificate_id}/roll-back", response=ImportedOut, operation_id="rollBackCertificate")
def roll_back_certificate(
    request: HttpRequest, response: HttpResponse, certificate_id: str, body: RollBackIn
) -> dict[str, object]:
    """Serve again what was served before the current version, or the version that is named."""
    imported = services.roll_back_certificate(
        actor_of(request),
        certificate_id,
        version_number=body.version,
        expected_revision=expected_revision(request),
        reason=body.reason,
    )
    return _answer_import(response, imported)


@router.patch("/certificates/{certificate_id}", response=CertificateOut, operation_id="updateCertificate")
def update_certificate(
    request: HttpRequest, response: HttpResponse, certificate_id: str, body: CertificatePatch
) -> dict[str, object]:
    """Change a certificate's name, owner or tags."""
    updated = services.update_certificate(
        actor_of(request), certificate_id, expected_revision=expected_revision(request), **body.dict(exclude_unset=True)
    )
    return _answer(response, updated)


@router.get(
    "/certificates/{certificate_id}/deletion",
    response=CertificateDeletionOut,
    operation_id="previewCertificateDeletion",
)
def preview_deletion(request: HttpRequest, certificate_id: str) -> dict[str, object]:
    """Tell who refuses the deletion and what would go with the certificate, and do nothing."""
    users = usages_of([selectors.certificate_by_id(certificate_id).pk])[certificate_id]
    return {"blocked_by": users, "blocked_by_count": users.total, "deletes": followers_of(certificate_id)}


@router.delete("/certificates/{certificate_id}", response={204: None}, operation_id="deleteCertificate")
def delete_certificate(request: HttpRequest, certificate_id: str) -> Status[None]:
    """Delete a certificate that nothing uses, with all its versions and its renewal."""
    services.delete_certificate(actor_of(request), certificate_id, expected_revision=expected_revision(request))
    return Status(204, None)


@router.get(
    "/certificates/{certificate_id}/chain.pem",
    operation_id="downloadCertificateChain",
    response={200: None},
    openapi_extra={"responses": {200: {"content": {"application/pem-certificate-chain": {}}}}},
)
def download_chain(request: HttpRequest, certificate_id: str, version: int | None = None) -> HttpResponse:
    """Return the certificate and its chain in PEM, without the key; ``version`` names an older version."""
    return sent(export_certificate(certificate_id, "pem", version))


@router.get(
    "/certificates/{certificate_id}/certificate.der",
    operation_id="downloadCertificateDer",
    response={200: None},
    openapi_extra={"responses": {200: {"content": {"application/pkix-cert": {}}}}},
)
def download_der(request: HttpRequest, certificate_id: str, version: int | None = None) -> HttpResponse:
    """Return the certificate alone in DER; ``version`` names an older version."""
    return sent(export_certificate(certificate_id, "der", version))


@router.post(
    "/certificates/{certificate_id}/export",
    operation_id="exportCertificateKey",
    response={200: None},
    openapi_extra={"responses": {200: {"content": {"application/octet-stream": {}}}}},
)
@sensitive_variables()
def export_private_key(request: HttpRequest, certificate_id: str, body: ExportIn) -> HttpResponse:
    """Return a certificate with its private key. A token alone is not enough: the user's password is asked for too."""
    user = user_of(request)
    refuse_where_switched_off()
    refuse_without(user, PERMISSION)
    refuse_wrong_password(request, user, body.password)
    file = export_key(
        actor_of(request), certificate_id, form=body.format, passphrase=body.passphrase, version_number=body.version
    )
    return sent(file)
