"""The stable addresses at which an authority publishes."""

from django.conf import settings

from authorities.building import Addresses


def addresses_of(authority_id: str) -> Addresses:
    """Return the URLs that certificates of the authority name; they begin with ``LBADMIN_PUBLIC_URL``."""
    base = f"{settings.PUBLIC_URL}/pki/{authority_id}"
    return Addresses(issuer=f"{base}.cer", crl=f"{base}.crl", ocsp=f"{base}/ocsp")
