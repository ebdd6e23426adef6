"""Authorities and what they issued, by the identifiers of the private authority service."""

from django.db.models import F, Q, QuerySet

from authorities.models import Authority, IssuedCertificate
from authorities.selectors import authority_by_id, line_of
from certificates.models import Certificate, Kind
from cloudapi.certificate_rows import OBJECT_TYPE, RELATED, Shown, certificate_named, shown
from cloudapi.models import CloudExtra
from cloudapi.operations import Call
from cloudapi.pca.describing import authority_of, issued_of

AUTHORITY_PREFIX = "ca-"
LEAVES = (Kind.SERVER, Kind.CLIENT)


def authority_named(call: Call, text: str) -> Authority:
    """Return an authority that is here, by the identifier of its certificate or its own id; raise an error."""
    if text.startswith(AUTHORITY_PREFIX):
        return authority_by_id(text)
    authority = authority_of(shown(certificate_named(text, Kind.CA)))
    if authority is None:
        raise call.error(
            "OperationDenied.ExternalCA", f"The key of the authority {text[:64]} is not here, so it signs nothing here."
        )
    return authority_by_id(authority.pk)


def leaf_named(call: Call, text: str) -> tuple[Shown, IssuedCertificate]:
    """Return a server or client certificate that an authority of this installation issued; raise an error."""
    one = shown(certificate_named(text, *LEAVES))
    issued = issued_of(one)
    if issued is None:
        raise call.error("NotFound", f"{one.certificate.name} was not issued by a private authority here.", 404)
    return one, issued


def leaves() -> QuerySet[Certificate]:
    """Return the server and client certificates that authorities issued, newest first."""
    found = Certificate.objects.filter(kind__in=LEAVES, current_version__issued__isnull=False)
    return _loaded(found).order_by("-current_version__issued__id")


def authorities() -> QuerySet[Certificate]:
    """Return the certificates of authorities that are here, oldest first."""
    return _loaded(Certificate.objects.filter(authority__isnull=False)).order_by("authority__created_at", "id")


def authorities_with_outside() -> QuerySet[Certificate]:
    """Return the same, and those of authorities outside that were certified here."""
    outside = Q(kind=Kind.CA, current_version__issued__purpose="ca")
    found = Certificate.objects.filter(Q(authority__isnull=False) | outside)
    return _loaded(found).order_by("created_at", "id")


def with_serials(serials: list[str]) -> QuerySet[IssuedCertificate]:
    """Return what was issued under serial numbers (hexadecimal), also where the certificate is gone."""
    digits = {serial.replace(":", "").lower().lstrip("0") for serial in serials if serial.isascii()}
    found = IssuedCertificate.objects.filter(serial__in=digits, purpose__in=LEAVES)
    return found.select_related("authority", "version__certificate")


def revoked() -> QuerySet[IssuedCertificate]:
    """Return what was revoked and is still in the repository, newest revocation first."""
    found = IssuedCertificate.objects.filter(
        revoked_at__isnull=False, purpose__in=LEAVES, version__certificate__current_version=F("version")
    )
    return found.select_related("version__certificate").order_by("-revoked_at", "-id")


def in_group(found: QuerySet[Certificate], group: str) -> QuerySet[Certificate]:
    """Return those of a resource group, all where none is named."""
    if not group:
        return found
    rows = CloudExtra.objects.filter(object_type=OBJECT_TYPE, values__ResourceGroupId=group)
    return found.filter(pk__in=rows.values("object_id"))


def chain_pem(authority: Authority) -> str:
    """Return the certificates from an authority up to its root, in PEM."""
    versions = [member.certificate.current_version for member in line_of(authority)]
    return "".join(version.leaf_pem for version in versions if version)


def _loaded(found: QuerySet[Certificate]) -> QuerySet[Certificate]:
    return found.select_related("current_version", *RELATED).prefetch_related("current_version__names", "tags")
