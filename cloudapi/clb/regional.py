"""A region's certificates by any of their identifiers."""

from certificates.models import Kind
from cloudapi.clb.finding import region_of
from cloudapi.identifiers import certificate_id, clb_ca_identifier, clb_server_identifier, rows_for
from cloudapi.models import CertificateNumber
from cloudapi.operations import Call
from console.errors import NotFoundError
from console.ids import is_id
from listeners import services
from listeners.models import RegionalCertificate


def clb_identifier(row: RegionalCertificate, number: CertificateNumber) -> str:
    """Return what this product calls a certificate of a region."""
    is_ca = row.certificate.kind == Kind.CA
    return clb_ca_identifier(number, row.region) if is_ca else clb_server_identifier(number, row.region)


def row_of(identifier: str, region: str) -> RegionalCertificate:
    """Return a certificate of a region. Raises NotFoundError, which says where the certificate is instead."""
    found = certificate_id(identifier)
    rows = RegionalCertificate.objects.select_related("certificate").filter(certificate=found if is_id(found) else "")
    for row in rows:
        if row.region == region and _is_meant(identifier, row):
            return row
    elsewhere = ", ".join(row.region for row in rows if _is_meant(identifier, row))
    message = f"There is no certificate {identifier[:80]} in region {region}."
    way_out = f"It is one of {elsewhere}: upload it to {region} too." if elsewhere else "Look it up in the list."
    raise NotFoundError(message, "regional-certificate.not-found", way_out=way_out)


def _is_meant(identifier: str, row: RegionalCertificate) -> bool:
    """Tell whether an identifier, if it is one of a region, is of this region."""
    if not _is_regional(identifier):
        return True
    return identifier == clb_identifier(row, rows_for([row.certificate_id])[row.certificate_id])


def _is_regional(identifier: str) -> bool:
    """Tell whether an identifier is one of this product, which names the region too."""
    return "_" in identifier or identifier.endswith("-01")


def certificate_for_listener(call: Call, identifier: str) -> str:
    """Return the repository's id of the certificate that a listener is to have.

    An identifier of another service is taken too: the certificate is added to the region then, as
    UploadServerCertificate does. Raises DomainError for what is not there, and for a kind or key that does not fit.
    """
    region = region_of(call)
    if _is_regional(identifier):
        return row_of(identifier, region).certificate_id
    found = certificate_id(identifier)
    services.add_regional_certificate(call.actor, found, regions=[region])
    return found


def clb_identifiers(certificate_ids: list[str], region: str) -> dict[str, str]:
    """Return what this product calls certificates in a region, by the repository's id."""
    numbers = rows_for(certificate_ids)
    rows = RegionalCertificate.objects.select_related("certificate").filter(
        certificate__in=certificate_ids, region=region
    )
    return {row.certificate_id: clb_identifier(row, numbers[row.certificate_id]) for row in rows}
