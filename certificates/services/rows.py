"""What every write to a certificate begins and ends with."""

from typing import Any

from django.utils.translation import gettext as _

from certificates.models import Certificate, CertificateVersion
from certificates.selectors import certificate_by_id, version_of
from console.errors import StaleError
from events.feed import Recorder


def unchanged(certificate_id: str, expected_revision: int | None) -> Certificate:
    """Return the certificate if it still has the revision that the operator saw."""
    certificate = certificate_by_id(certificate_id)
    if expected_revision is not None and certificate.revision != expected_revision:
        raise StaleError(
            _("“%(name)s” was changed by someone else meanwhile.") % {"name": certificate.name},
            "certificate.stale",
            way_out=_("Load it again and repeat your change. Nothing was stored."),
        )
    return certificate


def current_of(certificate: Certificate) -> CertificateVersion:
    """Return what is served now."""
    return certificate.current_version or version_of(certificate.id)


def record(changes: Recorder, verb: str, certificate: Certificate, summary: str, **detail: Any) -> None:
    """Note the change in the feed, with the number of the version that is served after it."""
    version = certificate.current_version
    changes.record(f"certificate.{verb}", certificate, summary, version=version.number if version else 0, **detail)
