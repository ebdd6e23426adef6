"""Which host, port and name to ask, checked and written one way; one, or many from pasted lines. Pure."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from certificates.matching import InvalidNameError, is_address, normalise_name
from console.errors import DomainError, InvalidInputError

LARGEST_PORT = 65_535
LONGEST_LINE = 500
MOST_LINES = 1_000
# Scheme -> what comes before TLS, and the port where none is written.
SCHEMES = {
    "": ("none", 443),
    "https": ("none", 443),
    "tls": ("none", 443),
    "smtp": ("smtp", 25),
    "submission": ("smtp", 587),
    "smtps": ("none", 465),
    "imap": ("imap", 143),
    "imaps": ("none", 993),
    "ldap": ("ldap", 389),
    "ldaps": ("none", 636),
    "postgresql": ("postgresql", 5432),
    "postgres": ("postgresql", 5432),
}
_SCHEME = re.compile(r"(?:(?P<scheme>[a-zA-Z]+)://)?(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked; ``server_name`` is empty where the host itself is the name."""

    host: str
    port: int
    server_name: str = ""
    starttls: str = "none"

    @property
    def sni(self) -> str:
        """The name sent in the handshake, empty for none: an IP address is never sent (RFC 6066, section 3)."""
        return self.server_name or ("" if is_address(self.host) else self.host)

    @property
    def expected_name(self) -> str:
        """The name or address that the certificate has to be for."""
        return self.server_name or self.host


def checked_target(host: str, port: int, server_name: str = "", starttls: str = "none") -> Target:
    """Return the target; raise InvalidInputError that says which part is wrong."""
    if not 1 <= port <= LARGEST_PORT:
        message = _("%(port)s is no port.") % {"port": port}
        raise InvalidInputError(message, "watched.port", field="port", way_out=_("Give one from 1 to 65535."))
    if starttls not in {before for before, _port in SCHEMES.values()}:
        message = _("“%(value)s” is nothing that comes before TLS.") % {"value": starttls[:50]}
        way_out = _("Use none, smtp, imap, ldap or postgresql.")
        raise InvalidInputError(message, "watched.starttls", field="starttls", way_out=way_out)
    found = _checked_host(host)
    name = _checked_name(server_name)
    return Target(found, port, "" if name == found else name, starttls)


def targets_in(text: str) -> list[Target]:
    """Return what pasted lines name, each once; raise InvalidInputError with every line that cannot be read.

    A line is ``host``, ``host:port`` or a URL such as ``smtp://mail.example.com:587``, then, where it differs, the
    name to ask for. Empty lines and what follows ``#`` are left out.
    """
    found: dict[Target, None] = {}
    problems: list[DomainError] = []
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        message = _("More than %(most)d lines.") % {"most": MOST_LINES}
        raise InvalidInputError(message, "watched.too-many", field="addresses", way_out=_("Add them in several parts."))
    for number, line in _numbered(lines):
        try:
            found[target_of(line)] = None
        except InvalidInputError as error:
            words = _("Line %(number)d: %(problem)s") % {"number": number, "problem": error.message}
            problems.append(InvalidInputError(words, error.code, field="addresses", way_out=error.way_out))
    if problems:
        raise InvalidInputError(problems[0].message, problems[0].code, field="addresses", parts=problems)
    return list(found)


def _numbered(lines: list[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, start=1):
        kept = line.partition("#")[0].strip()
        if kept:
            yield number, kept


def target_of(line: str) -> Target:
    """Return what one line names; raise InvalidInputError for one that cannot be read."""
    if len(line) > LONGEST_LINE:
        raise _unreadable(line)
    place, _space, server_name = line.strip().partition(" ")
    found = _SCHEME.fullmatch(place)
    scheme = (found["scheme"] or "").lower() if found else ""
    if found is None or scheme not in SCHEMES:
        raise _unreadable(line)
    starttls, usual_port = SCHEMES[scheme]
    # Of an address copied from a browser only the place matters.
    rest = found["rest"].partition("/")[0] if scheme else found["rest"]
    host, port = _host_and_port(rest, line)
    return checked_target(host, usual_port if port is None else port, server_name, starttls)


def _host_and_port(text: str, line: str) -> tuple[str, int | None]:
    if is_address(text):
        return text, None  # an IPv6 address without its brackets
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        raise _unreadable(line) from None
    if not parts.hostname or "@" in text or parts.netloc != text:
        raise _unreadable(line)
    return parts.hostname, port


def _unreadable(line: str) -> InvalidInputError:
    return InvalidInputError(
        _("“%(line)s” is no address.") % {"line": line[:100]},
        "watched.unreadable",
        field="addresses",
        way_out=_("Write a line like www.example.com:443 or smtp://mail.example.com:587."),
    )


def _checked_host(text: str) -> str:
    host = text.strip().removeprefix("[").removesuffix("]")
    if is_address(host):
        return ipaddress.ip_address(host).compressed
    return _normal(host, "host", _("“%(name)s” is neither a host name nor an IP address."))


def _checked_name(text: str) -> str:
    name = text.strip()
    return _normal(name, "server_name", _("“%(name)s” is no name that a handshake can ask for.")) if name else ""


def _normal(name: str, field: str, words: str) -> str:
    try:
        normal = normalise_name(name)
    except InvalidNameError:
        normal = "*"
    if "*" in normal or "_" in normal[:1]:
        way_out = _("Write it like www.example.com.")
        raise InvalidInputError(words % {"name": name[:100]}, f"watched.{field}", field=field, way_out=way_out)
    return normal
