"""Private keys that leave in the clear: only where the installation wants it, for those who may, on record."""

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from certificates.models import Certificate, CertificateRequest
from certificates.services.exporting import PERMISSION, reveal_key, reveal_request_key
from cloudapi.operations import Call


def may_reveal(call: Call) -> bool:
    """Tell whether answers to this user may hold private keys."""
    return bool(settings.CLOUD_KEYS and settings.KEY_EXPORT) and call.key.user.has_perm(PERMISSION)


@sensitive_variables()
def certificate_key(call: Call, certificate: Certificate) -> str:
    """Return the private key of a certificate, empty where it has none or none may leave."""
    return reveal_key(call.actor, certificate).decode() if may_reveal(call) else ""


@sensitive_variables()
def request_key(call: Call, request: CertificateRequest) -> str:
    """Return the private key of a certificate request, empty where it is not here or none may leave."""
    return reveal_request_key(call.actor, request).decode() if may_reveal(call) else ""
