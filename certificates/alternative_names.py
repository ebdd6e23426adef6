"""The names that a certificate is to be for, as people give them: host names, IP and email addresses, URIs."""

import ipaddress
import re
from collections.abc import Sequence

from cryptography import x509
from django.utils.translation import gettext as _

from certificates.matching import InvalidNameError, is_address, normalise_name
from console.errors import InvalidInputError

MOST_NAMES = 100
LONGEST_GIVEN = 100  # characters of a wrong name that a message repeats
LONGEST_URI = 1000
# What identifies a client by a URI (RFC 3986): spiffe://…, https://…, urn:…
_URI = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://|urn:)[!-~]+")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")


_KINDS: dict[type[x509.GeneralName], str] = {x509.RFC822Name: "email", x509.UniformResourceIdentifier: "uri"}


def general_names(names: Sequence[str], *, at_least: int = 1) -> list[x509.GeneralName]:
    """Return the names normalised (A-labels, RFC 5891), repeated ones once; raise InvalidInputError (``names``)."""
    distinct = list(dict.fromkeys(_general_name(name) for name in names))
    if not at_least <= len(distinct) <= MOST_NAMES:
        raise InvalidInputError(
            _("A certificate needs %(least)s to %(limit)s names.") % {"least": at_least, "limit": MOST_NAMES},
            "names.count",
            field="names",
        )
    return distinct


def server_names(names: Sequence[str]) -> list[x509.GeneralName]:
    """Return the names of a server; raise InvalidInputError for an email address or a URI too."""
    found = general_names(names)
    for name in found:
        if isinstance(name, x509.RFC822Name | x509.UniformResourceIdentifier):
            raise InvalidInputError(
                _("“%(name)s” is neither a host name nor an IP address, and a server has no others.")
                % {"name": name.value[:LONGEST_GIVEN]},
                "names.invalid",
                field="names",
            )
    return found


def split_names(text: str) -> list[str]:
    """Return the names in ``text``, which stand between spaces, commas, semicolons or line ends."""
    return [name for name in re.split(r"[\s,;，；]+", text) if name]


def written(name: x509.GeneralName) -> dict[str, str]:
    """Return a name as ``CertificateName`` keeps it: its kind and its value."""
    if isinstance(name, x509.IPAddress):
        return {"kind": "ip", "value": str(name.value)}
    return {"kind": _KINDS.get(type(name), "dns"), "value": str(name.value)}


def _general_name(text: str) -> x509.GeneralName:
    name = text.strip()
    if is_address(name) and "%" not in name:  # a scope says something on one machine only
        return x509.IPAddress(ipaddress.ip_address(name))
    if len(name) <= LONGEST_URI and _URI.fullmatch(name):
        return x509.UniformResourceIdentifier(name)
    try:
        return _email(name) if "@" in name else x509.DNSName(_host(name))
    except (InvalidNameError, ValueError):
        raise InvalidInputError(
            _("“%(name)s” is neither a host name, an IP address, an email address nor a URI.")
            % {"name": name[:LONGEST_GIVEN]},
            "names.invalid",
            field="names",
            way_out=_("A wildcard may stand for the whole first label only, such as *.example.com."),
        ) from None


def _email(text: str) -> x509.RFC822Name:
    local, _at, host = text.rpartition("@")
    if not _LOCAL_PART.fullmatch(local) or "*" in host:
        raise InvalidNameError(text)
    return x509.RFC822Name(f"{local}@{_host(host)}")


def _host(text: str) -> str:
    """Return a host name normalised; one that ends in a number is a mistyped address (RFC 1123, section 2.1)."""
    host = normalise_name(text)
    if host.rpartition(".")[2].isdecimal():
        raise InvalidNameError(text)
    return host
