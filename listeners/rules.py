"""What the fields of load balancers, listeners and server groups may hold. Pure: each check answers or refuses.

Ranges follow the cloud's reference of CreateLoadBalancer, CreateListener and CreateServerGroup.
"""

import ipaddress
import re

from django.utils.translation import gettext as _

from console.errors import InvalidInputError
from listeners import host_names

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = range(1, 65_536)
CONNECTIONS_PER_SECOND = range(1_000_001)
WEIGHTS = range(101)
HEALTH_CHECK_PORTS = range(65_536)  # 0: the server's own
HEALTH_CHECK_TIMEOUT_SECONDS = range(1, 301)
HEALTH_CHECK_INTERVAL_SECONDS = range(1, 51)
THRESHOLDS = range(2, 11)
PRODUCTS = ["NLB", "ALB", "CLB"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{1,127}")
_LISTENER_NAME = re.compile(r"[^\x00-\xff]|[A-Za-z0-9_.,;/@-]")
_LISTENER_NAME_LENGTH = range(2, 257)
_REGION = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
_DESCRIPTION_LENGTH = 256
_REASON_LENGTH = 128


def check_number(value: int, allowed: range, field: str, label: str, code: str) -> int:
    """Return ``value`` when it is within ``allowed``; refuse it with the range otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        raise InvalidInputError(
            _("%(label)s cannot be %(value)s.") % {"label": label, "value": str(value)[:40]},
            code,
            field=field,
            way_out=_("Give a whole number from %(low)s to %(high)s.")
            % {"low": f"{allowed.start:,}", "high": f"{allowed.stop - 1:,}"},
        )
    return value


def check_port(value: int, code: str, field: str = "port") -> int:
    """Return a port on which something can listen."""
    return check_number(value, PORTS, field, _("The port"), code)


def check_object_name(value: str, code: str) -> str:
    """Return the name of a load balancer or server group, without the space around it."""
    name = value.strip()
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            _("“%(name)s” cannot be a name.") % {"name": name[:140]},
            code,
            field="name",
            way_out=_("Use 2 to 128 letters, digits, dots, underscores and hyphens, and start with a letter."),
        )
    return name


def check_listener_name(value: str) -> str:
    """Return a listener's name, or the empty one, which is allowed."""
    name = value.strip()
    is_allowed = name.isprintable() and all(map(_LISTENER_NAME.fullmatch, name))
    if name and (len(name) not in _LISTENER_NAME_LENGTH or not is_allowed):
        raise InvalidInputError(
            _("“%(name)s” cannot be the name of a listener.") % {"name": name[:260]},
            "listener.name-invalid",
            field="name",
            way_out=_("Use 2 to 256 letters, digits, Chinese characters and any of . , ; / @ _ - or leave it empty."),
        )
    return name


def check_region(value: str, field: str = "region") -> str:
    """Return a region's id."""
    region = value.strip()
    if not _REGION.fullmatch(region):
        raise InvalidInputError(
            _("“%(region)s” cannot be a region.") % {"region": region[:80]},
            "load-balancer.region-invalid",
            field=field,
            way_out=_("Use up to 64 lower-case letters, digits and hyphens, as in cn-hangzhou."),
        )
    return region


def check_description(value: str) -> str:
    """Return a server's description."""
    description = value.strip()
    if len(description) > _DESCRIPTION_LENGTH or not description.isprintable():
        raise InvalidInputError(
            _("The description of a server is too long or has characters that cannot be shown."),
            "server-group.description-invalid",
            field="servers",
            way_out=_("Use at most 256 printable characters."),
        )
    return description


def check_reason(value: str, field: str) -> str:
    """Return why a load balancer is protected; it may be empty."""
    reason = value.strip()
    if len(reason) > _REASON_LENGTH or not reason.isprintable():
        raise InvalidInputError(
            _("The reason is too long or has characters that cannot be shown."),
            "load-balancer.reason-invalid",
            field=field,
            way_out=_("Use at most 128 printable characters."),
        )
    return reason


def check_product(value: str) -> str:
    """Return a kind of load balancer."""
    return check_choice(value, PRODUCTS, "product", _("The product"), "load-balancer.product-unknown")


def parse_address(value: str, code: str, field: str, *, or_name: bool = False) -> IpAddress:
    """Return the IPv4 or IPv6 address that ``value`` spells; zones are refused by name.

    ``or_name`` says that a host name, which ``value`` is not, would do as well.
    """
    text = value.strip()
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        message = _("“%(text)s” is not an IP address.")
        if or_name:
            message = _("“%(text)s” is neither an IP address nor a host name.")
        hint = _address_hint(text, or_name=or_name)
        raise InvalidInputError(message % {"text": text[:200]}, code, field=field, way_out=hint) from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            raise InvalidInputError(
                _("“%(text)s” names a network interface, which only its own machine understands.") % {"text": text},
                code,
                field=field,
                way_out=_("Use an address without “%%”.") % {},
            )
        return address.ipv4_mapped or address
    return address


def _address_hint(text: str, *, or_name: bool) -> str:
    if re.fullmatch(r"\[.*\](:\d+)?|[^:]+:\d+", text):
        return _("Give the address alone, without brackets; the port has a field of its own.")
    if "://" in text:
        return _("Give the host alone, without scheme and path.")
    if or_name:
        return _("Write IPv4 as 192.0.2.1, IPv6 as 2001:db8::1, or a name as web.example.com.")
    if re.search(r"[g-zG-Z]", text):
        return _("Host names are not accepted: give the IPv4 or IPv6 address itself.")
    return _("Write IPv4 as 192.0.2.1 or IPv6 as 2001:db8::1.")


def check_bind_address(value: str) -> str:
    """Return the address on which listeners can accept connections, in its one normal spelling."""
    code, field = "load-balancer.address-invalid", "bind_address"
    address = parse_address(value, code, field)
    if address.is_multicast or address == ipaddress.IPv4Address("255.255.255.255"):
        raise InvalidInputError(
            _("%(address)s reaches many machines; nothing can listen on it.") % {"address": address},
            code,
            field=field,
            way_out=_("Use an address of this machine, or 0.0.0.0 for all of its IPv4 and :: for all of its IPv6."),
        )
    return str(address)


def check_server_address(value: str) -> str:
    """Return the IP address or the host name of a server, in its one normal spelling."""
    code, field = "server-group.address-invalid", "servers"
    try:
        return host_names.normalised(value)
    except ValueError:
        address = parse_address(value, code, field, or_name=True)
    if address.is_multicast or address.is_unspecified or address == ipaddress.IPv4Address("255.255.255.255"):
        raise InvalidInputError(
            _("%(address)s is not the address of one machine.") % {"address": address},
            code,
            field=field,
            way_out=_("Use the server's own address."),
        )
    return str(address)


def check_choice(value: str, allowed: list[str], field: str, label: str, code: str) -> str:
    """Return ``value`` when it is one of ``allowed``."""
    if value not in allowed:
        raise InvalidInputError(
            _("%(label)s cannot be “%(value)s”.") % {"label": label, "value": value[:80]},
            code,
            field=field,
            way_out=_("Choose one of %(allowed)s.") % {"allowed": ", ".join(filter(None, allowed))},
        )
    return value
