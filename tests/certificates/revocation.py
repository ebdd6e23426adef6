"""Short ways to CA certificates that carry lists."""

from certificates.models import Certificate, RevocationList
from certificates.revocation.services import carry_list
from certificates.services import import_certificate
from tests.certificates.repository import ALICE
from tests.certs import Issued

UPLOADED = RevocationList.Source.UPLOADED
AUTHORITY = RevocationList.Source.AUTHORITY


def import_ca(*authorities: Issued, name: str = "") -> Certificate:
    """Import a CA certificate that trusts ``authorities``."""
    pem = b"".join(authority.pem for authority in authorities)
    return import_certificate(ALICE, kind="ca", name=name, certificate_pem=pem).certificate


def carry(certificate: Certificate, der: bytes, source: str = UPLOADED) -> RevocationList:
    """Have a CA certificate carry a list."""
    return carry_list(ALICE, certificate.pk, source=source, der=der)
