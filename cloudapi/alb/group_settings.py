"""The settings of ALB's server groups: the cloud's spelling, and ours."""

from collections.abc import Mapping
from typing import Any

from cloudapi.errors import CloudError
from cloudapi.health_checks import check_settings, check_words
from cloudapi.wire.fields import Field, flag, integer, struct, text, texts
from listeners.models import ServerGroup

_CHECK = {
    "HealthCheckEnabled": "health_check_enabled",
    "HealthCheckProtocol": "health_check_protocol",
    "HealthCheckConnectPort": "health_check_port",
    "HealthCheckInterval": "health_check_interval_seconds",
    "HealthCheckTimeout": "health_check_timeout_seconds",
    "HealthyThreshold": "healthy_threshold",
    "UnhealthyThreshold": "unhealthy_threshold",
    "HealthCheckHost": "health_check_host",
    "HealthCheckPath": "health_check_path",
    "HealthCheckMethod": "health_check_method",
    "HealthCheckCodes": "health_check_codes",
}
_CONFIG = (
    text("HealthCheckProtocol", choices=("HTTP", "HTTPS", "TCP", "gRPC")),
    integer("HealthCheckConnectPort", 0, 65_535),
    integer("HealthCheckInterval", 1, 50),
    integer("HealthCheckTimeout", 1, 300),
    integer("HealthyThreshold", 2, 10),
    integer("UnhealthyThreshold", 2, 10),
    text("HealthCheckHost", high=80),
    text("HealthCheckPath", high=80),
    text("HealthCheckMethod", choices=("HEAD", "GET", "POST")),
    texts("HealthCheckCodes", most=20),
    text("HealthCheckHttpVersion", choices=("HTTP1.0", "HTTP1.1")),
)
SCHEDULERS = ("Wrr", "Wlc", "Sch")
LACKS = (
    "connection draining and groups of functions (Fc) are refused; zones, CrossZoneEnabled and"
    " UpstreamKeepaliveEnabled are kept and returned: connections to servers are always kept alive"
)


def settings(*, is_new: bool) -> tuple[Field, ...]:
    """Return the fields that a new group and a changed one have alike."""
    check = (flag("HealthCheckEnabled", required=is_new), *_CONFIG)
    return (
        text("Scheduler", choices=SCHEDULERS),
        struct("HealthCheckConfig", *check, required=is_new),
        struct(
            "StickySessionConfig",
            flag("StickySessionEnabled"),
            text("StickySessionType", choices=("Insert", "Server")),
            text("Cookie", high=200),
            integer("CookieTimeout", 1, 86_400),
        ),
        struct("UchConfig", text("Type", required=True, choices=("QueryString",)), text("Value", required=True)),
        struct("SlowStartConfig", flag("SlowStartEnabled"), integer("SlowStartDuration", 30, 900)),
        struct("ConnectionDrainConfig", flag("ConnectionDrainEnabled"), integer("ConnectionDrainTimeout", 0, 900)),
        flag("UpstreamKeepaliveEnabled", kept=True),
        flag("CrossZoneEnabled", kept=True),
        text("ServiceName", kept=True),
    )


def read_settings(given: Mapping[str, Any], protocol: str, group: ServerGroup | None) -> dict[str, Any]:
    """Return our settings for what is asked of a new group for ``protocol``, or of one that is there."""
    if given.get("ConnectionDrainConfig", {}).get("ConnectionDrainEnabled"):
        raise CloudError("UnsupportedFeature.ConnectionDrain", "The engine cannot drain a server that fails its check.")
    check = group.health_check_protocol if group else {"gRPC": "gRPC", "HTTPS": "HTTPS"}.get(protocol, "HTTP")
    wanted = check_settings(given.get("HealthCheckConfig", {}), _CHECK, check)
    return _scheduling(given) | _stickiness(given.get("StickySessionConfig"), group) | _slow_start(given) | wanted


def _scheduling(given: Mapping[str, Any]) -> dict[str, Any]:
    if "UchConfig" in given:
        return {"scheduler": "uch", "hash_parameter": given["UchConfig"]["Value"]}
    return {"scheduler": given["Scheduler"].lower()} if "Scheduler" in given else {}


def _stickiness(config: Mapping[str, Any] | None, group: ServerGroup | None) -> dict[str, Any]:
    if config is None:
        return {}
    stored = group.stickiness if group else ""
    if not config.get("StickySessionEnabled", bool(stored)):
        return {"stickiness": ""}
    kind = config.get("StickySessionType", stored or "Insert").lower()
    name, ours = ("Cookie", "cookie") if kind == "server" else ("CookieTimeout", "cookie_timeout_seconds")
    return {"stickiness": kind, **({ours: config[name]} if name in config else {})}


def _slow_start(given: Mapping[str, Any]) -> dict[str, Any]:
    config = given.get("SlowStartConfig", {})
    if not config:
        return {}
    return {"slow_start_seconds": config.get("SlowStartDuration", 30) if config.get("SlowStartEnabled") else 0}


def setting_words(group: ServerGroup, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group's settings under the product's names."""
    config = extra.get("HealthCheckConfig", {})
    uch = {"Type": "QueryString", "Value": group.hash_parameter} if group.scheduler == "uch" else {}
    return {
        "Scheduler": "Sch" if group.scheduler == "uch" else group.scheduler.capitalize(),
        "HealthCheckConfig": {
            **check_words(group, _CHECK),
            "HealthCheckHttpVersion": config.get("HealthCheckHttpVersion", "HTTP1.1"),
        },
        "StickySessionConfig": {
            "StickySessionEnabled": bool(group.stickiness),
            "StickySessionType": group.stickiness.capitalize() or "Insert",
            "Cookie": group.cookie,
            "CookieTimeout": group.cookie_timeout_seconds,
        },
        "UchConfig": uch,
        "SlowStartConfig": {
            "SlowStartEnabled": group.slow_start_seconds > 0,
            "SlowStartDuration": group.slow_start_seconds or 30,
        },
        "ConnectionDrainConfig": {"ConnectionDrainEnabled": False, "ConnectionDrainTimeout": 300},
    }
