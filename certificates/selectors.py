"""Every read of the repository."""

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.finding import ORDER, Criteria, find_certificates
from certificates.models import Certificate, CertificateVersion
from console.errors import NotFoundError

__all__ = (
    "ORDER",
    "certificate_by_id",
    "certificates",
    "full_chain_pem",
    "version_of",
    "versions_behind",
    "versions_of",
)


def certificate_by_id(certificate_id: str) -> Certificate:
    """Return a certificate with its current version; raise NotFoundError."""
    # ``issued`` is what a private authority keeps of it, which its page says; it costs no query of its own so.
    certificates = Certificate.objects.select_related("current_version__replaces", "current_version__issued")
    found = certificates.filter(pk=certificate_id).first() if certificate_id.isprintable() else None
    if found is None:
        raise NotFoundError(
            _("There is no certificate “%(id)s”.") % {"id": certificate_id[:64]},
            "certificate.not-found",
            field="certificate_id",
            way_out=_("It may have been deleted; look it up in the list of certificates."),
        )
    return found


def version_of(certificate_id: str, number: int | None = None) -> CertificateVersion:
    """Return the current version of a certificate, or the one with ``number``; raise NotFoundError."""
    certificate = certificate_by_id(certificate_id)
    found = certificate.current_version if number is None else certificate.versions.filter(number=number).first()
    if found is None:
        raise NotFoundError(
            _("“%(name)s” has no such version.") % {"name": certificate.name},
            "certificate.no-version",
            field="version",
            way_out=_("Look up its versions."),
        )
    return found


def full_chain_pem(version: CertificateVersion) -> str:
    """Return what a server presents: the certificate, then its chain."""
    return version.leaf_pem + version.chain_pem


def versions_of(certificate_id: str) -> QuerySet[CertificateVersion]:
    """Return the versions of a certificate, newest first, with their names."""
    return versions_behind(certificate_by_id(certificate_id))


def versions_behind(certificate: Certificate) -> QuerySet[CertificateVersion]:
    """Return the versions of a certificate that is read already, newest first, with their names."""
    return certificate.versions.select_related("replaces").prefetch_related("names")


def certificates(*, kind: str = "", query: str = "") -> QuerySet[Certificate]:
    """Return certificates, soonest expiry first, with their current versions, names and tags.

    ``query`` finds a certificate by part of any name, by a host name that one of its names covers, by fingerprint
    (SHA-256 or SPKI) and by serial number (hexadecimal or decimal, with or without colons).
    """
    return find_certificates(Criteria(query=query, kind=kind), timezone.now())
