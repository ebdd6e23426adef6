"""What every write to a certificate begins and ends with."""

from typing import Any

from certificates.models import Certificate, CertificateVersion
from certificates.selectors import certificate_by_id, version_of
from console.revisions import refuse_stale
from events.feed import Recorder


def unchanged(certificate_id: str, expected_revision: int | None) -> Certificate:
    """Return the certificate if it still has the revision that the operator saw."""
    certificate = certificate_by_id(certificate_id)
    refuse_stale(certificate, expected_revision, "certificate.stale")
    return certificate


def current_of(certificate: Certificate) -> CertificateVersion:
    """Return what is served now."""
    return certificate.current_version or version_of(certificate.id)


def record(changes: Recorder, verb: str, certificate: Certificate, summary: str, **detail: Any) -> None:
    """Note the change in the feed, with the number of the version that is served after it."""
    version = certificate.current_version
    changes.record(f"certificate.{verb}", certificate, summary, version=version.number if version else 0, **detail)
