"""Say in words what a change did, for the change feed. Pure.

The feed is one text for all readers, so it is kept in one language, whichever the operator's is.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

# What the forms call each field.
FIELD_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "name": "Name",
        "bind_address": "Bind address",
        "region": "Region",
        "edition": "Edition",
        "deletion_protection": "Deletion protection",
        "deletion_protection_reason": "Reason of the deletion protection",
        "modification_protection": "Modification protection",
        "modification_protection_reason": "Reason of the modification protection",
        "idle_timeout_seconds": "Idle timeout",
        "request_timeout_seconds": "Request timeout",
        "http2_enabled": "HTTP/2",
        "compression_enabled": "Compression",
        "access_log_enabled": "Access log",
        "quic_listener_id": "QUIC listener announced",
        "redirect_port": "Redirect to HTTPS port",
        "connections_per_second": "New connections per second",
        "security_policy": "TLS security policy",
        "alpn_policy": "ALPN policy",
        "proxy_protocol_enabled": "Proxy Protocol v2",
        "mutual_authentication": "Mutual authentication",
        "mutual_authentication_mode": "Clients without a valid certificate",
        "forwarded_headers": "Request headers",
        "desired": "Desired state",
        "server_group_id": "Server group",
        "scheduler": "Scheduling",
        "hash_parameter": "Parameter hashed",
        "stickiness": "Session stickiness",
        "cookie": "Cookie of the servers",
        "cookie_timeout_seconds": "Lifetime of the cookie",
        "slow_start_seconds": "Slow start",
        "connection_drain_seconds": "Draining of connections",
        "verify_servers": "Verification of servers",
        "ca_certificate_id": "CA certificate of the servers",
        "server_name": "Name asked of the servers",
        "health_check_enabled": "Health check",
        "health_check_protocol": "Check protocol",
        "health_check_host": "Check host",
        "health_check_path": "Check path",
        "health_check_method": "Check method",
        "health_check_codes": "Healthy codes",
        "health_check_port": "Check port",
        "health_check_interval_seconds": "Check interval",
        "health_check_timeout_seconds": "Check timeout",
        "healthy_threshold": "Healthy after",
        "unhealthy_threshold": "Unhealthy after",
    }
)
# What Manage certificates calls each slot, by role of the binding.
SLOT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "default": "Default server certificate",
        "additional": "Additional certificate",
        "ca": "CA certificate",
    }
)
_SCHEDULERS: Mapping[str, str] = MappingProxyType(
    {
        "wrr": "weighted round robin",
        "rr": "round robin",
        "wlc": "weighted least connections",
        "sch": "hash of the source address",
        "tch": "hash of both addresses and ports",
        "uch": "hash of a URL parameter",
    }
)
_ZERO_MEANS: Mapping[str, str] = MappingProxyType(
    {"connections_per_second": "no limit", "health_check_port": "each server's own"}
)


def told(differing: Mapping[str, list[Any]]) -> str:
    """Return ``{field: [before, after]}`` in one line, as the forms call the fields."""
    return ", ".join(
        f"{FIELD_NAMES.get(field, field)}: {shown_value(field, before)} → {shown_value(field, after)}"
        for field, (before, after) in differing.items()
    )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as “1 server” or “2 servers”."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shown_value(field: str, value: Any) -> str:
    """Return the value of a field as the change feed says it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if value == 0 and field in _ZERO_MEANS:
        return _ZERO_MEANS[field]
    if field == "scheduler":
        return _SCHEDULERS.get(value, value)
    if field == "health_check_codes":
        return ", ".join(value) or "http_2xx"
    if value in ("", None):
        return "none"
    return f"{value} s" if field.endswith("_seconds") else str(value)


def few(names: Sequence[str], most: int = 5) -> str:
    """Return names in quotation marks, the first of them where there are many."""
    shown = ", ".join(f"“{name}”" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
