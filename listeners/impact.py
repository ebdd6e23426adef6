"""What a change does to open connections: said on every confirmation, before the change is made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Severity(IntEnum):
    """How much a change disturbs; the worst of several counts."""

    NONE = 0
    SOME_END = 1
    ALL_END = 2


@dataclass(frozen=True, slots=True)
class Impact:
    """One change: how it travels to the engine, and what becomes of the connections that are open."""

    change: str
    travels_as: "str | Promise"
    connections: "str | Promise"
    severity: Severity = Severity.NONE


_UNTOUCHED = _("Open connections are not touched; new ones see the change within milliseconds.")
_CHAINS_END = _("Open connections of this listener end after the drain time; new ones see the change at once.")
_SECRET = _("a secret pushed in place")
_CHAIN = _("filter chains updated in place")
_LISTENER = _("the listener as a whole")
_CLUSTER = _("the server group's members")
_ROUTES = _("the routes of its requests")
_FILTERS = _("what reads its requests, apart from the listener")
_NEW_CONNECTIONS = _("Open connections stay as they are; new ones see the change at once.")
_NEXT_REQUEST = _("Open connections stay; the next request on each sees the change.")
_CONSOLE = _("nothing: a matter of the console")

IMPACTS: Mapping[str, Impact] = MappingProxyType(
    {
        impact.change: impact
        for impact in (
            Impact("name", _("nothing: a label of the console"), _("Open connections are not touched.")),
            Impact(
                "default-certificate",
                _SECRET,
                _(
                    "Open connections are not touched. Only where another certificate of the listener covers one of "
                    "the same names, connections for these names end after the drain time."
                ),
            ),
            Impact("ca-certificate", _SECRET, _UNTOUCHED),
            Impact("certificates-added", _("a filter chain added in place"), _UNTOUCHED),
            Impact(
                "certificates-removed",
                _CHAIN,
                _("Open connections that were served one of these certificates end after the drain time."),
                Severity.SOME_END,
            ),
            Impact("mutual-authentication", _CHAIN, _CHAINS_END, Severity.ALL_END),
            Impact(
                "mutual-observe",
                _CHAIN,
                _(
                    "Open connections of this listener end after the drain time; new ones are asked for a certificate "
                    "and let in whatever they show."
                ),
                Severity.ALL_END,
            ),
            Impact(
                "mutual-enforce",
                _CHAIN,
                _(
                    "Open connections, also of clients that showed no valid certificate, end after the drain time; "
                    "new ones without a valid certificate are refused at once."
                ),
                Severity.ALL_END,
            ),
            Impact(
                "header-values",
                _ROUTES,
                _("Open connections are not touched; their next request carries the headers as they are set now."),
            ),
            Impact("header-guards", _FILTERS, _NEW_CONNECTIONS),
            Impact("security-policy", _CHAIN, _CHAINS_END, Severity.ALL_END),
            Impact("alpn-policy", _CHAIN, _CHAINS_END, Severity.ALL_END),
            Impact("idle-timeout", _CHAIN, _CHAINS_END, Severity.ALL_END),
            Impact("idle-timeout-of-requests", _FILTERS, _NEW_CONNECTIONS),
            Impact(
                "idle-timeout-of-sessions",
                _LISTENER,
                _("Sessions begin anew: the next datagram of a client may go to another server."),
                Severity.ALL_END,
            ),
            Impact("connections-per-second", _CHAIN, _CHAINS_END, Severity.ALL_END),
            Impact("http2", _CHAIN, _CHAINS_END, Severity.ALL_END),
            Impact("access-log", _FILTERS, _NEW_CONNECTIONS),
            Impact("access-log-of-quic", _CHAIN, _CHAINS_END, Severity.ALL_END),
            Impact("request-timeout", _ROUTES, _NEXT_REQUEST),
            Impact("compression", _ROUTES, _NEXT_REQUEST),
            Impact("quic-listener", _ROUTES, _NEXT_REQUEST),
            Impact("redirect", _ROUTES, _NEXT_REQUEST),
            Impact("rules", _ROUTES, _NEXT_REQUEST),
            Impact(
                "forwarded-headers",
                _("the routes of its requests; aliases and the lookup behind proxies: what reads its requests"),
                _(
                    "Open connections stay; the next request on each sees the change, "
                    "and new connections see changed aliases and lookups."
                ),
            ),
            Impact("edition", _CONSOLE, _("Open connections are not touched.")),
            Impact("protection", _CONSOLE, _("Open connections are not touched.")),
            Impact("tags", _CONSOLE, _("Open connections are not touched.")),
            Impact(
                "server-group",
                _CLUSTER,
                _("Open connections stay with their server; new ones go to the servers that are set now."),
            ),
            Impact(
                "proxy-protocol",
                _CLUSTER,
                _("Open connections stay as they are; new ones start with or without the header as set now."),
            ),
            Impact("bind-address", _LISTENER, _("All open connections end after the drain time."), Severity.ALL_END),
            Impact("start", _LISTENER, _("There are no open connections; new ones are accepted.")),
            Impact(
                "stop",
                _LISTENER,
                _("New connections are refused; open ones end after the drain time."),
                Severity.ALL_END,
            ),
            Impact(
                "delete",
                _LISTENER,
                _("New connections are refused; open ones end after the drain time."),
                Severity.ALL_END,
            ),
            Impact("create", _LISTENER, _("There are no open connections; new ones are accepted.")),
        )
    }
)

# Which kind of change each field of a listener is.
CHANGE_OF_FIELD: Mapping[str, str] = MappingProxyType(
    {
        "name": "name",
        "server_group_id": "server-group",
        "idle_timeout_seconds": "idle-timeout",
        "security_policy": "security-policy",
        "alpn_policy": "alpn-policy",
        "proxy_protocol_enabled": "proxy-protocol",
        "connections_per_second": "connections-per-second",
        "http2_enabled": "http2",
        "access_log_enabled": "access-log",
        "request_timeout_seconds": "request-timeout",
        "compression_enabled": "compression",
        "quic_listener_id": "quic-listener",
        "redirect_port": "redirect",
        "forwarded_headers": "forwarded-headers",
        "mutual_authentication": "mutual-authentication",
        "mutual_authentication_mode": "mutual-authentication",
        "bind_address": "bind-address",
        "region": "name",
        "edition": "edition",
        "deletion_protection": "protection",
        "deletion_protection_reason": "protection",
        "modification_protection": "protection",
        "modification_protection_reason": "protection",
        "tags": "tags",
    }
)

# What is another kind of change on listeners of some protocols. What reads requests travels apart from the filter
# chains, but with QUIC, where the engine wants it in them; UDP has no filter chains.
OF_PROTOCOL: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("idle-timeout", "HTTP"): "idle-timeout-of-requests",
        ("idle-timeout", "HTTPS"): "idle-timeout-of-requests",
        ("idle-timeout", "UDP"): "idle-timeout-of-sessions",
        ("access-log", "QUIC"): "access-log-of-quic",
    }
)


def impact_of(change: str) -> Impact:
    """Return what ``change`` (a key of ``IMPACTS``) does."""
    return IMPACTS[change]


def change_of(field: str, protocol: str = "") -> str:
    """Return which kind of change setting ``field`` is, on a listener of ``protocol`` where it depends on that."""
    change = CHANGE_OF_FIELD[field]
    return OF_PROTOCOL.get((change, protocol), change)


def impacts_of(changes: Iterable[str]) -> tuple[Impact, ...]:
    """Return what several changes do, the most disturbing first, each once."""
    return tuple(sorted((IMPACTS[change] for change in dict.fromkeys(changes)), key=lambda impact: -impact.severity))


def impacts_of_fields(fields: Iterable[str], protocol: str = "") -> tuple[Impact, ...]:
    """Return what changing these fields of a listener does, the most disturbing first, each once."""
    return impacts_of(change_of(field, protocol) for field in fields)
