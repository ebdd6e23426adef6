"""Host names: how they are written, and which certificate name covers which. Pure.

The rule of covering is the engine's: ``*.example.com`` covers every name below ``example.com``, at any depth,
which is more than RFC 9525 lets a client accept.
"""

import ipaddress
import re
from collections.abc import Iterable

import idna

WILDCARD = "*."
LONGEST_NAME = 253  # RFC 1035, in text form
# What nearly every name is: in its normal form already, and no address, as its last label begins with a letter.
_NORMAL = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LABEL = re.compile(r"^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$")


class InvalidNameError(ValueError):
    """Say that a text is no host name."""


def normalise_name(text: str) -> str:
    """Return a host name in lower case, as A-labels (IDNA 2008, RFC 5891), without a trailing dot.

    A wildcard may be the whole first label; ``f*.example.com``, ``*`` alone and IP addresses raise InvalidNameError.
    """
    if len(text) <= LONGEST_NAME and _NORMAL.fullmatch(text):
        return text
    name = text.strip().rstrip(".")
    rest = name.removeprefix(WILDCARD)
    if not rest or "*" in rest:
        raise InvalidNameError(text)
    ascii_name = ".".join(_a_label(label) for label in re.split("[.。．｡]", rest))
    if len(ascii_name) > LONGEST_NAME - (len(name) - len(rest)) or is_address(ascii_name):
        raise InvalidNameError(text)
    return WILDCARD + ascii_name if len(rest) < len(name) else ascii_name


def is_host_name(text: str) -> bool:
    """Whether ``text`` can be normalised, and so be matched with the name that a client asks for."""
    try:
        normalise_name(text)
    except InvalidNameError:
        return False
    return True


def is_address(text: str) -> bool:
    """Whether ``text`` is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def covers(pattern: str, name: str) -> bool:
    """Whether the certificate name ``pattern`` covers ``name``; both are normalised."""
    if pattern == name:
        return True
    return pattern.startswith(WILDCARD) and name.endswith(pattern[1:])


def covering_patterns(name: str) -> list[str]:
    """Return every certificate name that covers the normalised ``name``, closest first."""
    labels = name.removeprefix(WILDCARD).split(".")
    first = 0 if name.startswith(WILDCARD) else 1
    wildcards = [WILDCARD + ".".join(labels[start:]) for start in range(first, len(labels))]
    return list(dict.fromkeys([name, *wildcards]))


def lost_names(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """Return the names of ``before`` that no name of ``after`` covers, in their order."""
    covered = frozenset(after)
    return [name for name in before if covered.isdisjoint(covering_patterns(name))]


def _a_label(label: str) -> str:
    if not label.isascii():
        try:
            label = idna.encode(label, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            raise InvalidNameError(label) from None
    label = label.lower()
    if not _LABEL.match(label):
        raise InvalidNameError(label)
    return label
