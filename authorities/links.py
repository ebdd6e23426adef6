"""What authorities tell the repository, and hear from it: the ports of ``certificates.usage``."""

from collections.abc import Collection, Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from authorities.models import Authority, IssuedCertificate
from certificates.models import Certificate, CertificateVersion
from certificates.usage import Usage, Usages
from console.errors import ConflictError

BATCH = 500


def usages(certificate_ids: Collection[str], most: int) -> dict[str, Usages]:
    """Answer which certificates are authorities' own; each is of one at most."""
    ids = list(certificate_ids)
    found: dict[str, Usages] = {}
    for start in range(0, len(ids), BATCH):
        batch = Authority.objects.filter(certificate__in=ids[start : start + BATCH]).select_related("certificate")
        for authority in batch:
            usage = Usage(authority.pk, authority.certificate.name, "authority-detail", _("Private authority"))
            found[authority.certificate_id] = Usages((usage,)[:most], 1)
    return found


def used_certificates() -> QuerySet[Authority, Any]:
    """Return the ids of every certificate that is an authority's own."""
    return Authority.objects.order_by().values("certificate_id")


def check_version(certificate: Certificate, leaf: x509.Certificate) -> None:
    """Refuse a version of an authority's certificate that is of another name or key: what was issued would break."""
    authority = Authority.objects.filter(certificate=certificate).select_related("certificate__current_version").first()
    if authority is None or authority.certificate.current_version is None:
        return
    current = x509.load_pem_x509_certificate(authority.certificate.current_version.leaf_pem.encode())
    if current.subject != leaf.subject or _spki(current) != _spki(leaf):
        raise ConflictError(
            _("“%(name)s” is the certificate of a private authority; the new one has another name or key.")
            % {"name": certificate.name},
            "authority.other-key",
            field="certificate_pem",
            way_out=_("Import it as a new certificate, or create another authority."),
        )


def link_stored(versions: Sequence[CertificateVersion]) -> None:
    """Find the rows of what was issued here by their fingerprints, whoever stores the certificates."""
    by_fingerprint = {version.sha256: version for version in versions}
    fingerprints = list(by_fingerprint)
    for start in range(0, len(fingerprints), BATCH):
        waiting = IssuedCertificate.objects.filter(sha256__in=fingerprints[start : start + BATCH], version=None)
        for issued in waiting:
            issued.version = by_fingerprint[issued.sha256]
        IssuedCertificate.objects.bulk_update(waiting, ("version",), BATCH)


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
