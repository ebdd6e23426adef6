"""Addresses that this installation itself asks something of, checked and written one way. Pure."""

import re
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from console.errors import InvalidInputError

LONGEST_ADDRESS = 2000
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f\\]")


def web_address(text: str, *, field: str, code: str, example: str, secret_way_out: str) -> str:
    """Return the http or https address in ``text``; raise InvalidInputError that says what is wrong with it."""
    url = text.strip()
    if len(url) > LONGEST_ADDRESS or _UNSAFE.search(url):
        message, way_out = _("The address is too long, or holds spaces."), _("Give one http or https address.")
        raise InvalidInputError(message, code, field=field, way_out=way_out)
    parts = _split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = _("“%(url)s” is not an http or https address.") % {"url": url[:200]}
        way_out = _("Write it like %(example)s.") % {"example": example}
        raise InvalidInputError(message, code, field=field, way_out=way_out)
    if "@" in parts.netloc:
        message = _("The address holds a user name or password, which logs and lists would show.")
        raise InvalidInputError(message, code, field=field, way_out=secret_way_out)
    return url.partition("#")[0]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:  # a port that is no port, a broken IPv6 address, an impossible host name
        parts, port = SplitResult("", "", "", "", ""), None
    return parts if port != 0 else SplitResult("", "", "", "", "")
