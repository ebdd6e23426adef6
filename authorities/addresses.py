"""The stable addresses at which an authority publishes."""

from django.conf import settings

from authorities.building import Addresses


def addresses_of(authority_id: str) -> Addresses:
    """Return the URLs that certificates of the authority name; they begin with ``LBADMIN_STATUS_URL``."""
    base = f"{settings.STATUS_URL}/pki/{authority_id}"
    return Addresses(issuer=f"{base}.cer", crl=f"{base}.crl", ocsp=f"{base}/ocsp")


def are_plain() -> bool:
    """Whether these URLs are plain HTTP, as clients of lists and OCSP expect (RFC 5280, section 8; RFC 5019)."""
    return bool(settings.STATUS_URL.startswith("http://"))
