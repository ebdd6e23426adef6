"""Which addresses of ACME servers are spoken to: https, or plain http on loopback. Pure."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from console.errors import InvalidInputError

LONGEST_URL = 2000
_UNWRITABLE = re.compile(r"[\s\x00-\x1f\x7f\\]")


def checked_directory_url(text: str) -> str:
    """Return the address of a server's directory; raise InvalidInputError for one that is not spoken to."""
    url = text.strip()
    if not is_spoken_to(url):
        raise InvalidInputError(
            _("“%(url)s” is not the https address of an ACME directory.") % {"url": url[:200]},
            "account.invalid-url",
            field="directory_url",
            way_out=_("Write it like https://acme.example.com/directory; plain http is for loopback alone."),
        )
    return url.partition("#")[0]


def is_spoken_to(url: str) -> bool:
    """Whether requests may go to ``url``: https without a user name in it, or http to loopback."""
    if len(url) > LONGEST_URL or _UNWRITABLE.search(url):
        return False
    parts = _split(url)
    if not parts.hostname or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:  # a port that is no port, a broken IPv6 address, an impossible host name
        return SplitResult("", "", "", "", "")
    return parts if port != 0 else SplitResult("", "", "", "", "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
