"""What server groups of each protocol can have, and what is taken where nothing is said. One table, pure.

Source: the cloud's references of CreateServerGroup (NLB, ALB) and of CLB's listeners; what the engine cannot do of
them is left out here and said in ``listeners.backend_rules``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from listeners.models.server_group import ServerGroup

Protocol = ServerGroup.Protocol
Scheduler = ServerGroup.Scheduler
Stickiness = ServerGroup.Stickiness
Check = ServerGroup.CheckProtocol

STREAMS = frozenset({Protocol.TCP, Protocol.UDP, Protocol.TCP_UDP})  # bytes, not requests
REQUESTS = frozenset({Protocol.HTTP, Protocol.HTTPS, Protocol.GRPC})
HASHING = frozenset({Scheduler.SOURCE_IP_HASH, Scheduler.FOUR_TUPLE_HASH, Scheduler.PARAMETER_HASH})
REQUESTING = frozenset({Check.HTTP, Check.HTTPS})  # checks that send a request of our making
CODES = ("http_2xx", "http_3xx", "http_4xx", "http_5xx")

# What only some settings give a meaning to, and its value where they do not.
DETAILS: Mapping[str, Any] = MappingProxyType(
    {
        "hash_parameter": "",
        "cookie": "",
        "cookie_timeout_seconds": 1000,
        "ca_certificate_id": None,
        "health_check_host": "",
        "health_check_path": "/",
        "health_check_codes": [],
    }
)
_SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        **DETAILS,
        "scheduler": Scheduler.WEIGHTED_ROUND_ROBIN.value,
        "stickiness": Stickiness.OFF.value,
        "slow_start_seconds": 0,
        "connection_drain_seconds": None,
        "verify_servers": False,
        "server_name": "",
        "health_check_port": 0,
        "health_check_timeout_seconds": 5,
    }
)


@dataclass(frozen=True, slots=True)
class Backends:
    """What groups of one protocol can have. ``defaults`` are of all settings; the quotas are names of limits."""

    schedulers: tuple[str, ...]
    checks: tuple[str, ...]
    defaults: Mapping[str, Any]
    groups_quota: str
    servers_quota: str
    closes_connections: bool = False  # of a server that fails its health check
    keeps_sessions: bool = False  # by cookies
    starts_slowly: bool = False
    speaks_tls: bool = False

    @property
    def settings(self) -> frozenset[str]:
        """The names of the settings that such a group has."""
        absent = {
            "hash_parameter": Scheduler.PARAMETER_HASH in self.schedulers,
            "stickiness": self.keeps_sessions,
            "cookie": self.keeps_sessions,
            "cookie_timeout_seconds": self.keeps_sessions,
            "slow_start_seconds": self.starts_slowly,
            "connection_drain_seconds": self.closes_connections,
            "verify_servers": self.speaks_tls,
            "ca_certificate_id": self.speaks_tls,
            "server_name": self.speaks_tls,
        }
        return frozenset(name for name in self.defaults if absent.get(name, True))


_NETWORK = (
    Scheduler.WEIGHTED_ROUND_ROBIN.value,
    Scheduler.ROUND_ROBIN.value,
    Scheduler.WEIGHTED_LEAST_CONNECTIONS.value,
    Scheduler.SOURCE_IP_HASH.value,
)
_APPLICATION = (*_NETWORK, Scheduler.PARAMETER_HASH.value)
_TCP_OR_HTTP = (Check.TCP.value, Check.HTTP.value)
_ANY_BUT_GRPC = (Check.HTTP.value, Check.HTTPS.value, Check.TCP.value)


def _network(schedulers: tuple[str, ...], *, closes: bool, checked: bool = True) -> Backends:
    defaults = {
        **_SETTINGS,
        "health_check_enabled": checked,
        "health_check_protocol": Check.TCP.value,
        "health_check_method": "GET",
        "health_check_interval_seconds": 5,
        "healthy_threshold": 2,
        "unhealthy_threshold": 2,
    }
    return Backends(
        schedulers,
        _TCP_OR_HTTP,
        MappingProxyType(defaults),
        "nlb_quota_servergroups_num",
        "nlb_quota_servergroup_noeci_servers_num",
        closes_connections=closes,
    )


def _application(check: Check, checks: tuple[str, ...], *, method: str = "HEAD", tls: bool = False) -> Backends:
    defaults = {
        **_SETTINGS,
        "health_check_enabled": True,
        "health_check_protocol": check.value,
        "health_check_method": method,
        "health_check_interval_seconds": 2,
        "healthy_threshold": 3,
        "unhealthy_threshold": 3,
    }
    return Backends(
        _APPLICATION,
        checks,
        MappingProxyType(defaults),
        "alb_quota_servergroups_num",
        "alb_quota_servergroup_servers_num",
        keeps_sessions=True,
        starts_slowly=True,
        speaks_tls=tls,
    )


BACKENDS: Mapping[str, Backends] = MappingProxyType(
    {
        Protocol.TCP.value: _network((*_NETWORK, Scheduler.FOUR_TUPLE_HASH.value), closes=True),
        # The engine has no UDP check, and a TCP check of a port that only UDP is served on finds every server dead.
        Protocol.UDP.value: _network(_NETWORK, closes=False, checked=False),
        Protocol.TCP_UDP.value: _network(_NETWORK, closes=True),
        Protocol.HTTP.value: _application(Check.HTTP, _ANY_BUT_GRPC),
        Protocol.HTTPS.value: _application(Check.HTTPS, _ANY_BUT_GRPC, tls=True),
        Protocol.GRPC.value: _application(Check.GRPC, (Check.GRPC.value, *_ANY_BUT_GRPC), method="POST"),
    }
)


def defaults_of(protocol: str) -> dict[str, Any]:
    """Return the value of every setting of a group for which nothing is given."""
    return {**BACKENDS[protocol].defaults, "health_check_codes": []}


def methods_of(check: str) -> tuple[str, ...]:
    """Return the request methods that a check can use."""
    return ("HEAD", "GET") if check in REQUESTING else ()


def applies(name: str, values: Mapping[str, Any]) -> bool:
    """Tell whether a setting out of ``DETAILS`` means anything beside the others."""
    match name:
        case "hash_parameter":
            return bool(values["scheduler"] == Scheduler.PARAMETER_HASH)
        case "cookie":
            return bool(values["stickiness"] == Stickiness.SERVER)
        case "cookie_timeout_seconds":
            return bool(values["stickiness"] == Stickiness.INSERT)
        case "ca_certificate_id":
            return bool(values["verify_servers"])
        case "health_check_host":
            return bool(values["health_check_protocol"] != Check.TCP)
        case _:
            return values["health_check_protocol"] in REQUESTING
