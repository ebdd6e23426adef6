"""The names of a certificate to be ordered: written one way, and possible with the challenge."""

import ipaddress
import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from certificates.matching import WILDCARD, InvalidNameError, is_address, normalise_name
from console.errors import InvalidInputError
from renewals.models import Renewal

MOST_NAMES = 100  # what public authorities put into one certificate


def parsed_names(text: str) -> list[str]:
    """Split what was typed: names apart by commas, semicolons, spaces or line ends."""
    return [part for part in re.split(r"[,;\s]+", text) if part]


def checked_names(names: Sequence[str], challenge: str) -> list[str]:
    """Return the names normalised and without repetitions; raise InvalidInputError for one that cannot be proved.

    ``challenge`` is empty for a private authority, which asks for no proof.
    """
    checked = list(dict.fromkeys(_normalised(name) for name in names))
    if not checked:
        raise _invalid(_("No name is given."), _("Give at least one, such as www.example.com."))
    if len(checked) > MOST_NAMES:
        message = _("%(count)d names are too many for one certificate.") % {"count": len(checked)}
        raise _invalid(message, _("Give at most %(most)d, and make several certificates.") % {"most": MOST_NAMES})
    for name in checked:
        _check_provable(name, challenge)
    return checked


def _normalised(text: str) -> str:
    name = text.strip()
    if is_address(name.strip("[]")):
        return str(ipaddress.ip_address(name.strip("[]")))
    try:
        return normalise_name(name)
    except InvalidNameError:
        message = _("“%(name)s” is neither a host name nor an IP address.") % {"name": name[:260]}
        raise _invalid(message, _("Write it like www.example.com or *.example.com, without scheme or port.")) from None


def _check_provable(name: str, challenge: str) -> None:
    """Hold what RFC 8555 (section 7.1.3) and RFC 8738 (section 7) say of wildcards and addresses."""
    is_wildcard = name.startswith(WILDCARD)
    if is_wildcard and challenge in {Renewal.Challenge.HTTP_01, Renewal.Challenge.TLS_ALPN_01}:
        message = _("The wildcard “%(name)s” cannot be proved by %(challenge)s.")
        raise _invalid(message % _of(name, challenge), _("Choose DNS-01, or list the names one by one."))
    if is_address(name) and challenge == Renewal.Challenge.DNS_01:
        message = _("The IP address “%(name)s” cannot be proved by %(challenge)s.")
        raise _invalid(message % _of(name, challenge), _("Choose TLS-ALPN-01 or HTTP-01, or leave the address out."))


def _of(name: str, challenge: str) -> dict[str, str]:
    return {"name": name, "challenge": Renewal.Challenge(challenge).label}


def _invalid(message: str, way_out: str) -> InvalidInputError:
    return InvalidInputError(message, "renewal.invalid-names", field="names", way_out=way_out)
