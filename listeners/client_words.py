"""Why a client's certificate is refused, in two or three words; ``listeners.pages.failures`` has whole sentences."""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REFUSALS: Mapping[str, "str | Promise"] = MappingProxyType(
    {
        "no-client-certificate": _("No certificate"),
        "certificate-expired": _("Expired"),
        "certificate-not-yet-valid": _("Not valid yet"),
        "certificate-revoked": _("Revoked"),
        "list-expired": _("Revocation list expired"),
        "no-list": _("No revocation list"),
        "certificate-purpose": _("Not for clients"),
        "unknown-ca": _("Unknown authority"),
        "certificate-refused": _("Not accepted"),
    }
)


def refusal_words(reason: str) -> str:
    """Return the words of a reason, and a reason without words as it is."""
    return str(REFUSALS.get(reason, reason))
