"""What a listener tells servers of the client in request headers: the settings, who has them, and their checks. Pure.

Stored on the listener as JSON, only what differs from the defaults. Source: the cloud's XForwardedForConfig (ALB), and
the parameters XForwardedFor_* of a CLB's HTTP and HTTPS listeners.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.errors import InvalidInputError

# The headers of client certificates by the part that they carry; the engine's own names, which aliases replace.
CERTIFICATE_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "subjectdn": "x-forwarded-clientcert-subjectdn",
        "issuerdn": "x-forwarded-clientcert-issuerdn",
        "fingerprint": "x-forwarded-clientcert-fingerprint",
        "clientverify": "x-forwarded-clientcert-clientverify",
    }
)
OWN_HEADERS = frozenset(
    {
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-port",
        "x-forwarded-host",
        "x-forwarded-client-srcport",
        "slb-id",
        "slb-ip",
    }
)
# What requests are framed and routed by: an alias of that name would break them.
RESERVED_HEADERS = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "proxy-connection",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-forwarded-client-cert",
        "x-request-id",
    }
)
ENGINE_PREFIX = "x-envoy-"
MOST_TRUSTED_SOURCES = 100
EVERYWHERE = ("0.0.0.0/0", "::/0")
_ALIAS = re.compile(r"[a-z0-9_-]{1,40}")


class ForwardedFor(TextChoices):
    """What becomes of X-Forwarded-For."""

    APPEND = "append", gettext_lazy("Add the client's address")
    KEEP = "keep", gettext_lazy("Pass it on unchanged")
    REMOVE = "remove", gettext_lazy("Remove it")


@dataclass(frozen=True, slots=True)
class ForwardedHeaders:
    """The settings of one listener, with the defaults of a new one. Flags say that the header is set."""

    forwarded_for: str = ForwardedFor.APPEND.value
    proto: bool = False
    port: bool = False
    host: bool = False
    client_port: bool = False
    load_balancer_id: bool = False
    load_balancer_address: bool = False
    source_lookup: bool = False  # find the client behind trusted proxies by X-Forwarded-For
    trusted_sources: tuple[str, ...] = ()  # networks of those proxies
    subjectdn: bool = False
    subjectdn_alias: str = ""
    issuerdn: bool = False
    issuerdn_alias: str = ""
    fingerprint: bool = False
    fingerprint_alias: str = ""
    clientverify: bool = False
    clientverify_alias: str = ""

    def header_of(self, part: str) -> str:
        """Return the name under which servers get a part of the client certificate, be it switched on or not."""
        return str(getattr(self, f"{part}_alias")) or CERTIFICATE_HEADERS[part]

    @property
    def certificate_parts(self) -> tuple[str, ...]:
        """The parts of the client certificate that servers get."""
        return tuple(part for part in CERTIFICATE_HEADERS if getattr(self, part))

    @property
    def guarded(self) -> tuple[str, ...]:
        """The header names that no client may send: those of client certificates and their aliases, on or off."""
        aliases = {self.header_of(part) for part in CERTIFICATE_HEADERS}
        return tuple(sorted({*CERTIFICATE_HEADERS.values(), *aliases}))

    @property
    def stored(self) -> dict[str, Any]:
        """The settings as the listener keeps them: what differs from the defaults."""
        usual = asdict(DEFAULTS)
        differing = {name: value for name, value in asdict(self).items() if value != usual[name]}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in differing.items()}


DEFAULTS = ForwardedHeaders()
FIELDS = tuple(field.name for field in fields(ForwardedHeaders))
ALIASES = tuple(f"{part}_alias" for part in CERTIFICATE_HEADERS)


def read(stored: Mapping[str, Any]) -> ForwardedHeaders:
    """Return stored settings; what is missing has its default, and what is not known is passed over."""
    values = {name: stored[name] for name in FIELDS if name in stored}
    if "trusted_sources" in values:
        values["trusted_sources"] = tuple(values["trusted_sources"])
    return ForwardedHeaders(**values)


def checked(given: Mapping[str, Any], before: ForwardedHeaders = DEFAULTS) -> ForwardedHeaders:
    """Return ``before`` with the settings given; refuse what cannot be, whatever the listener."""
    for name in given:
        if name not in FIELDS:
            raise _refused(
                _("There is no setting “%(name)s” of request headers.") % {"name": name[:60]},
                "unknown",
                name,
                _("Choose among %(names)s.") % {"names": ", ".join(FIELDS)},
            )
    wanted = read({**asdict(before), **{name: _CHECKS.get(name, _flag)(name, value) for name, value in given.items()}})
    _refuse_lookup_of_nobody(wanted)
    _refuse_same_names(wanted)
    return wanted


def networks(values: Sequence[str]) -> Iterator[str]:
    """Yield networks in their one normal spelling; refuse what is none."""
    for value in values:
        text = str(value).strip()
        try:
            yield str(ipaddress.ip_network(text))
        except ValueError:
            raise _refused(
                _("“%(text)s” is not an address or a network.") % {"text": text[:80]},
                "trusted-source-invalid",
                "trusted_sources",
                _network_hint(text),
            ) from None


def _network_hint(text: str) -> str:
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return _("Write 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32; 0.0.0.0/0 trusts everybody.")
    return _("It has bits beyond its prefix; write %(network)s or the address alone.") % {"network": meant}


def _trusted(_name: str, value: Any) -> tuple[str, ...]:
    parts = re.split(r"[;,\s]+", value.strip()) if isinstance(value, str) else value
    found = tuple(dict.fromkeys(networks([part for part in parts if part])))
    if len(found) > MOST_TRUSTED_SOURCES:
        raise _refused(
            _("%(count)s trusted sources are named; %(limit)s are allowed.")
            % {"count": len(found), "limit": MOST_TRUSTED_SOURCES},
            "too-many-trusted-sources",
            "trusted_sources",
            _("Name networks instead of single addresses."),
        )
    return found


def _flag(_name: str, value: Any) -> bool:
    return bool(value)


def _mode(name: str, value: Any) -> str:
    if value in ForwardedFor.values:
        return str(value)
    raise _refused(
        _("X-Forwarded-For cannot be treated as “%(value)s”.") % {"value": str(value)[:40]},
        "mode-invalid",
        name,
        _("Choose one of %(allowed)s.") % {"allowed": ", ".join(ForwardedFor.values)},
    )


def _alias(name: str, value: Any) -> str:
    alias = str(value).strip()
    if alias and not _ALIAS.fullmatch(alias):
        raise _refused(
            _("“%(alias)s” cannot be the name of a header.") % {"alias": alias[:60]},
            "alias-invalid",
            name,
            _("Use 1 to 40 lower-case letters, digits, hyphens and underscores."),
        )
    spelled = alias.replace("_", "-")
    if spelled in RESERVED_HEADERS | OWN_HEADERS or spelled.startswith(ENGINE_PREFIX):
        raise _refused(
            _("The header “%(alias)s” has a meaning of its own.") % {"alias": alias},
            "alias-reserved",
            name,
            _("Choose a name that nothing else uses, such as x-client-%(part)s.") % {"part": name.partition("_")[0]},
        )
    return alias


_CHECKS = MappingProxyType(
    {"forwarded_for": _mode, "trusted_sources": _trusted, **dict.fromkeys(ALIASES, _alias)},
)


def _refuse_lookup_of_nobody(wanted: ForwardedHeaders) -> None:
    if wanted.source_lookup and not wanted.trusted_sources:
        raise _refused(
            _("Clients cannot be looked up behind proxies, since no proxy is trusted."),
            "trusted-sources-missing",
            "trusted_sources",
            _("Name the proxies' addresses or networks, or switch the lookup off."),
        )


def _refuse_same_names(wanted: ForwardedHeaders) -> None:
    """Refuse two parts of the certificate under one name, as servers spell it: many make “_” of “-”."""
    taken: dict[str, str] = {}
    for part, usual in CERTIFICATE_HEADERS.items():
        alias = str(getattr(wanted, f"{part}_alias"))
        others = {name for other, name in CERTIFICATE_HEADERS.items() if other != part}
        spelled = (alias or usual).replace("_", "-")
        if spelled in taken or (alias and spelled in others):
            raise _refused(
                _("Two parts of the client certificate would have the same header, “%(name)s”.")
                % {"name": alias or usual},
                "alias-twice",
                f"{part}_alias",
                _("Give each an alias of its own; “_” and “-” count as the same."),
            )
        taken[spelled] = part


def _refused(message: str, code: str, field: str, way_out: str) -> InvalidInputError:
    return InvalidInputError(message, f"forwarded-headers.{code}", field=field, way_out=way_out)
