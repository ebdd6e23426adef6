"""Certificates: a stable identity, and the immutable versions behind it."""

from certificates.models.certificate import Certificate, CertificateTag, Kind
from certificates.models.request import CertificateRequest, RequestKey
from certificates.models.revocation import RevocationList
from certificates.models.version import CertificateName, CertificateVersion, SealedKey

__all__ = (
    "Certificate",
    "CertificateName",
    "CertificateRequest",
    "CertificateTag",
    "CertificateVersion",
    "Kind",
    "RequestKey",
    "RevocationList",
    "SealedKey",
)
