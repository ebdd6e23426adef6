"""What counts as a host name (RFC 1123, in the ASCII form of RFC 5890). Pure."""

import ipaddress
import re
from functools import lru_cache

LONGEST = 253
CACHED = 20_000  # addresses whose kind is remembered: every compilation asks for all of them, several times
# Underscores are no letters of host names, and yet service discovery hands such names out.
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


@lru_cache(maxsize=CACHED)
def is_ip_address(value: str) -> bool:
    """Tell whether ``value`` spells an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def is_host_name(value: str) -> bool:
    """Tell whether ``value`` is a host name in lower case and without a dot at its end.

    The last label is never all digits: such a text is an IP address that was mistyped (RFC 3696, section 2).
    """
    labels = value.split(".")
    return len(value) <= LONGEST and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def normalised(value: str) -> str:
    """Return a host name as it is stored: in lower case, ASCII, no dot at its end. Raises ValueError."""
    name = value.strip().rstrip(".").lower()
    ascii_name = name if name.isascii() else name.encode("idna").decode("ascii")
    if not is_host_name(ascii_name):
        raise ValueError(value)
    return ascii_name
