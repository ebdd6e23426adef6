"""What each setting of a server group may hold by itself. Pure: each check answers or refuses."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from console.errors import InvalidInputError
from listeners import host_names, rules
from listeners.backends import CODES, Check, Protocol, Stickiness

COOKIE_SECONDS = range(1, 86_401)
SLOW_START_SECONDS = range(30, 901)  # and 0 for none
DRAIN_SECONDS = range(901)
METHODS = ("HEAD", "GET", "POST")
GRPC_OK = "0"
SERVER_ADDRESS = "$SERVER_IP"  # the cloud's word for each server's own address

_PARAMETER = re.compile(r"[!-~]{1,100}")
_COOKIE = re.compile(r"[!#%&'*+.^_`|~0-9A-Za-z-][!#$%&'*+.^_`|~0-9A-Za-z-]{0,199}")
_PATH = re.compile(r"/[!-~]{0,79}")
_CHECK_INVALID = "server-group.health-check-invalid"
_LONGEST_HOST = 80


def checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``fields`` as they are stored; refuse the first that can never be."""
    return {name: CHECKS[name](name, value) for name, value in fields.items()}


def _choice(allowed: list[str], label: Callable[[], str], code: str) -> Callable[[str, Any], str]:
    return lambda field, value: rules.check_choice(str(value), allowed, field, label(), code)


def _number(allowed: range, label: Callable[[], str], code: str) -> Callable[[str, Any], int]:
    return lambda field, value: rules.check_number(value, allowed, field, label(), code)


def _slow_start(field: str, value: Any) -> int:
    if value == 0 and not isinstance(value, bool):
        return 0
    label = _("The duration of the slow start in seconds")
    return rules.check_number(value, SLOW_START_SECONDS, field, label, "server-group.slow-start-invalid")


def _drain(field: str, value: Any) -> int | None:
    if value is None:
        return None
    label = _("The time to drain connections in seconds")
    return rules.check_number(value, DRAIN_SECONDS, field, label, "server-group.drain-invalid")


def _matching(pattern: "re.Pattern[str]", label: Callable[[], str], way_out: Callable[[], str], code: str) -> Any:
    def check(field: str, value: Any) -> str:
        text = str(value).strip()
        if text and not pattern.fullmatch(text):
            raise _refusal(label(), text, code, field, way_out())
        return text

    return check


def _refusal(label: str, value: str, code: str, field: str, way_out: str) -> InvalidInputError:
    message = _("%(label)s cannot be “%(value)s”.") % {"label": label, "value": value[:80]}
    return InvalidInputError(message, code, field=field, way_out=way_out)


def _path(field: str, value: Any) -> str:
    text = str(value).strip() or "/"
    if not _PATH.fullmatch(text):
        way_out = _("Use 1 to 80 visible ASCII characters that start with “/”.")
        raise _refusal(_("The path of the health check"), text, _CHECK_INVALID, field, way_out)
    return text


def _check_host(field: str, value: Any) -> str:
    text = str(value).strip()
    if text in {"", SERVER_ADDRESS}:
        return ""
    try:
        host = text if host_names.is_ip_address(text) else host_names.normalised(text)
    except ValueError:
        host = ""
    if not host or len(host) > _LONGEST_HOST:
        way_out = _("Use a host name of at most 80 characters, or leave it empty for each server's own address.")
        raise _refusal(_("The host of the health check"), text, _CHECK_INVALID, field, way_out)
    return host


def _server_name(field: str, value: Any) -> str:
    text = str(value).strip()
    try:
        return host_names.normalised(text) if text else ""
    except ValueError:
        way_out = _("Use a host name such as www.example.com; TLS asks for names, never for IP addresses (RFC 6066).")
        raise _refusal(
            _("The name asked of the servers"), text, "server-group.server-name-invalid", field, way_out
        ) from None


def _codes(field: str, value: Any) -> list[str]:
    wanted = {str(each) for each in value} if isinstance(value, (list, tuple, set, frozenset)) else {str(value)}
    allowed = (*CODES, GRPC_OK)
    for code in sorted(wanted - set(allowed)):
        way_out = _("Choose among %(codes)s.") % {"codes": ", ".join(CODES)}
        raise _refusal(_("A code that counts as healthy"), code, _CHECK_INVALID, field, way_out)
    return [code for code in allowed if code in wanted]


CHECKS: Mapping[str, Callable[[str, Any], Any]] = MappingProxyType(
    {
        "name": lambda _field, value: rules.check_object_name(value, "server-group.name-invalid"),
        "protocol": _choice(Protocol.values, lambda: _("The protocol"), "server-group.protocol-invalid"),
        "scheduler": lambda _field, value: str(value),  # which there are depends on the protocol
        "hash_parameter": _matching(
            _PARAMETER,
            lambda: _("The URL parameter to hash"),
            lambda: _("Use 1 to 100 visible ASCII characters, as the parameter is called in URLs."),
            "server-group.hash-parameter-invalid",
        ),
        "stickiness": _choice(Stickiness.values, lambda: _("Session stickiness"), "server-group.stickiness-invalid"),
        "cookie": _matching(
            _COOKIE,
            lambda: _("The name of the cookie"),
            lambda: _("Use 1 to 200 letters, digits and - _ . ! # % & ' * + ^ ` | ~ (a token, RFC 6265)."),
            "server-group.cookie-invalid",
        ),
        "cookie_timeout_seconds": _number(
            COOKIE_SECONDS, lambda: _("The lifetime of the cookie in seconds"), "server-group.cookie-timeout-invalid"
        ),
        "slow_start_seconds": _slow_start,
        "connection_drain_seconds": _drain,
        "verify_servers": lambda _field, value: bool(value),
        "ca_certificate_id": lambda _field, value: str(value) if value else None,
        "server_name": _server_name,
        "health_check_enabled": lambda _field, value: bool(value),
        "health_check_protocol": _choice(Check.values, lambda: _("The protocol of the health check"), _CHECK_INVALID),
        "health_check_host": _check_host,
        "health_check_path": _path,
        "health_check_method": _choice(list(METHODS), lambda: _("The method of the health check"), _CHECK_INVALID),
        "health_check_codes": _codes,
        "health_check_port": _number(
            rules.HEALTH_CHECK_PORTS, lambda: _("The port of the health check"), _CHECK_INVALID
        ),
        "health_check_timeout_seconds": _number(
            rules.HEALTH_CHECK_TIMEOUT_SECONDS, lambda: _("The timeout of the health check"), _CHECK_INVALID
        ),
        "health_check_interval_seconds": _number(
            rules.HEALTH_CHECK_INTERVAL_SECONDS, lambda: _("The interval of the health check"), _CHECK_INVALID
        ),
        "healthy_threshold": _number(rules.THRESHOLDS, lambda: _("The healthy threshold"), _CHECK_INVALID),
        "unhealthy_threshold": _number(rules.THRESHOLDS, lambda: _("The unhealthy threshold"), _CHECK_INVALID),
    }
)
