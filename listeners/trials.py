"""Try a request on the rules of a listener, without sending anything."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from console.errors import InvalidInputError
from listeners.forwarding.matching import Answer, Headers, Request
from listeners.forwarding.outcome import ChangedAnswer, Outcome, Site, answered, outcome_of
from listeners.forwarding.rule import Rule
from listeners.models import ForwardingRule, Listener
from listeners.selectors.forwarding_rules import parsed, rules_of
from listeners.services.rule_checks import refuse_without_requests

_LONGEST = 8192
_SCHEMES = frozenset({"", "http", "https", "ws", "wss"})  # which one it is decides nothing: the listener does
_SOURCE_PORT = 50_000  # of no particular client
_STATUSES = range(100, 600)


@dataclass(frozen=True, slots=True)
class Trial:
    """A request that was tried: what becomes of it, and of a server's answer where one was given."""

    request: Request
    outcome: Outcome
    answer: ChangedAnswer | None
    row: ForwardingRule | None  # None: the default rule


def try_request(listener: Listener, request: Request, answer: Answer | None = None) -> Trial:
    """Return what becomes of ``request``. Raises ConflictError where the listener reads no requests."""
    refuse_without_requests(listener)
    rows = {row.pk: row for row in rules_of(listener)}
    rules: Sequence[Rule] = [parsed(row) for row in rows.values()]
    site = Site(
        listener.protocol,
        listener.port,
        listener.load_balancer_id,
        listener.server_group_id or "",
        listener.redirect_port,
    )
    outcome = outcome_of(request, rules, site)
    changed = answered(request, answer, rules, site) if answer else None
    return Trial(request, outcome, changed, rows.get(outcome.rule.id) if outcome.rule else None)


def request_from(method: str, url: str, headers: Headers, cookies: Headers, source_ip: str) -> Request:
    """Return the request of what was typed. Raises InvalidInputError."""
    authority, target = _parts(url)
    if cookies:
        headers = (*headers, ("cookie", "; ".join(f"{name}={value}" for name, value in cookies)))
    own_host = next((value for name, value in headers if name.lower() == "host"), authority)
    return Request(
        method=_checked_method(method),
        authority=own_host,
        target=target,
        headers=tuple((name.lower(), value) for name, value in headers if name.lower() != "host"),
        source_ip=_checked_address(source_ip),
        source_port=_SOURCE_PORT,
    )


def checked_status(status: int) -> int:
    """Return the status of an answer. Raises InvalidInputError."""
    if status not in _STATUSES:
        raise InvalidInputError(
            _("“%(status)s” is no status of an answer.") % {"status": str(status)[:20]},
            "trial.status-invalid",
            field="answer.status",
            way_out=_("Give a number from 100 to 599."),
        )
    return status


def _parts(url: str) -> tuple[str, str]:
    text = url.strip()
    try:
        found = urlsplit(text if "//" in text else f"//{text}")
        host = found.hostname
        is_possible = bool(host) and found.scheme in _SCHEMES and _is_plain(text)
        _port = found.port
    except ValueError:
        is_possible = False
    if not is_possible:
        raise InvalidInputError(
            _("“%(url)s” is not an address that a client can ask for.") % {"url": text[:80]},
            "trial.url-invalid",
            field="url",
            way_out=_("Write it as https://www.example.com/path?query, with what is not ASCII percent-encoded."),
        )
    query = f"?{found.query}" if "?" in text else ""
    return found.netloc.rpartition("@")[2], (found.path or "/") + query


def _is_plain(text: str) -> bool:
    return len(text) <= _LONGEST and text.isascii() and text.isprintable() and " " not in text


def _checked_method(method: str) -> str:
    if not (method.isascii() and method.isalpha() and len(method) <= 20):  # noqa: PLR2004
        raise InvalidInputError(
            _("“%(method)s” is not a method.") % {"method": method[:40]},
            "trial.method-invalid",
            field="method",
            way_out=_("Write GET, POST or another one in capital letters."),
        )
    return method.upper()


def _checked_address(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address.strip()))
    except ValueError:
        raise InvalidInputError(
            _("“%(address)s” is not an IP address.") % {"address": address[:80]},
            "trial.address-invalid",
            field="source_ip",
            way_out=_("Write 192.0.2.1 or 2001:db8::1."),
        ) from None
