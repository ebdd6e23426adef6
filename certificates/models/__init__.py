"""Certificates: a stable identity, and the immutable versions behind it."""

from certificates.models.certificate import Certificate, Kind
from certificates.models.version import CertificateName, CertificateVersion, SealedKey

__all__ = ("Certificate", "CertificateName", "CertificateVersion", "Kind", "SealedKey")
