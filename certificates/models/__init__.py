"""Certificates: a stable identity, and the immutable versions behind it."""

from certificates.models.certificate import Certificate, CertificateHint, CertificateTag, Kind
from certificates.models.drop import Drop
from certificates.models.issuer import Issuer
from certificates.models.replacement import Replacement
from certificates.models.request import CertificateRequest, RequestKey
from certificates.models.revocation import RevocationList
from certificates.models.version import CertificateName, CertificateVersion, ChainMember, SealedKey

__all__ = (
    "Certificate",
    "CertificateHint",
    "CertificateName",
    "CertificateRequest",
    "CertificateTag",
    "CertificateVersion",
    "ChainMember",
    "Drop",
    "Issuer",
    "Kind",
    "Replacement",
    "RequestKey",
    "RevocationList",
    "SealedKey",
)
