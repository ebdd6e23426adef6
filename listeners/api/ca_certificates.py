"""REST: the CA certificates that a listener may verify its clients by."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Field, Query, Router

from access.rest import PageQuery
from certificates.finding import ORDER
from certificates.models import Kind
from certificates.schemas.certificates import CertificatesOut, certificate_out
from certificates.selectors import certificates
from certificates.usage import usages_of
from console.tables import keyset_page
from listeners.ca_sources import CaSource, Narrowing

router = Router(tags=["listeners"])


class CaCertificateQuery(PageQuery):
    """Which CA certificates are wanted."""

    source: CaSource | None = Field(None, description="`authority`: of the private authorities here; or `third-party`.")
    repository_id: str = Field("", description="With `third-party`: of this CA repository alone.")
    q: str = Field("", description="Part of a name, a fingerprint or a serial number.")


@router.get("/ca-certificates", response=CertificatesOut, operation_id="listCaCertificates")
def list_ca_certificates(request: HttpRequest, query: Annotated[CaCertificateQuery, Query()]) -> dict[str, object]:
    """List the CA certificates that `ca_certificate_id` takes, by their source; soonest expiry first."""
    found = certificates(kind=Kind.CA, query=query.q)
    if query.source:
        found = Narrowing(query.source, query.repository_id).apply(found)
    page = keyset_page(found, ORDER, query.cursor, query.limit)
    users = usages_of([certificate.id for certificate in page])
    items = [certificate_out(certificate, users[certificate.id]) for certificate in page]
    return {"items": items, "next_cursor": page.next_cursor}
