"""What the REST resource of server groups takes and answers."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import Strict

from access.rest import Body
from listeners import rules
from listeners.backend_fields import COOKIE_SECONDS, METHODS
from listeners.models import Server, ServerGroup, ServerHealth
from listeners.schemas.ranges import Flag, Port, ranged

Weight = Annotated[int, Strict(), ranged(rules.WEIGHTS, description="0 takes no new connections.")]
CheckPort = Annotated[int, Strict(), ranged(rules.HEALTH_CHECK_PORTS, description="0: each server's own.")]
CheckTimeout = Annotated[int, Strict(), ranged(rules.HEALTH_CHECK_TIMEOUT_SECONDS)]
CheckInterval = Annotated[
    int,
    Strict(),
    ranged(rules.HEALTH_CHECK_INTERVAL_SECONDS, description="Left out: 2 for HTTP, HTTPS and gRPC, else 5."),
]
Threshold = Annotated[
    int, Strict(), ranged(rules.THRESHOLDS, description="Left out: 3 for HTTP, HTTPS and gRPC, else 2.")
]
Protocol = Annotated[str, Field(json_schema_extra={"enum": list(ServerGroup.Protocol.values)})]
Scheduler = Annotated[
    str,
    Field(
        json_schema_extra={"enum": list(ServerGroup.Scheduler.values)},
        description="`tch` is of TCP, `uch` of HTTP, HTTPS and gRPC; `qch` (QUIC ID) is refused with the reason.",
    ),
]
Stickiness = Annotated[
    str,
    Field(
        json_schema_extra={"enum": list(ServerGroup.Stickiness.values)},
        description="By cookie, of requests: `insert` sets SERVERID, `server` rewrites `cookie` of the servers.",
    ),
]
CheckProtocol = Annotated[str, Field(json_schema_extra={"enum": list(ServerGroup.CheckProtocol.values)})]
Method = Annotated[str, Field(json_schema_extra={"enum": list(METHODS)})]
Codes = Annotated[
    list[str], Field(description="Of checks by HTTP and HTTPS: `http_2xx` to `http_5xx`; empty: http_2xx.")
]
CookieTimeout = Annotated[int, Strict(), ranged(COOKIE_SECONDS, description="Of the inserted cookie.")]
SlowStart = Annotated[int, Strict(), Field(description="30 to 900, 0 for none; with the scheduler `wrr` only.")]
Drain = Annotated[
    int | None,
    Field(description="TCP: 0 ends the connections of a server that fails its check at once; null lets them end."),
]


class ServerIn(Body):
    """A server of a group."""

    address: str = Field(description="IPv4, IPv6 or a host name, which each node looks up.")
    port: Port
    weight: Weight = 100
    description: str = ""


class ServerGroupSettings(Body):
    """How a group spreads connections and requests, and checks its servers.

    What is left out has the default of the protocol; what does not go with the protocol is refused.
    """

    scheduler: Scheduler = ServerGroup.Scheduler.WEIGHTED_ROUND_ROBIN.value
    hash_parameter: str = ""
    stickiness: Stickiness = ""
    cookie: str = ""
    cookie_timeout_seconds: CookieTimeout = 1000
    slow_start_seconds: SlowStart = 0
    connection_drain_seconds: Drain = None
    verify_servers: Flag = False
    ca_certificate_id: str | None = Field(None, description="Of HTTPS: null verifies by the public authorities.")
    server_name: str = Field("", description="Of HTTPS: the name that is asked of the servers (SNI) and verified.")
    health_check_enabled: Flag = True
    health_check_protocol: CheckProtocol = ""
    health_check_host: str = Field("", description="Empty: each server's own address.")
    health_check_path: str = "/"
    health_check_method: Method = ""
    health_check_codes: Codes = []
    health_check_port: CheckPort = 0
    health_check_timeout_seconds: CheckTimeout = 5
    health_check_interval_seconds: CheckInterval = 5
    healthy_threshold: Threshold = 2
    unhealthy_threshold: Threshold = 2


class ServerGroupIn(ServerGroupSettings):
    """A server group to create."""

    name: str
    protocol: Protocol = ServerGroup.Protocol.TCP.value
    servers: list[ServerIn] = []


class ServerGroupPatch(ServerGroupSettings):
    """What to change of a server group; ``servers`` replaces them all. The protocol cannot be another."""

    name: str = ""
    protocol: Protocol = ""
    servers: list[ServerIn] | None = None


_REASONS = ", ".join(f"`{reason}`" for reason in ServerHealth.Reason.values)


class ServerHealthOut(Schema):
    """What one node's health checks say of a server: of a group's, the worst seen through any listener."""

    node: str
    listener_id: str
    state: str
    reason: str = Field(description=f"A code: {_REASONS}, or empty.")
    message: str = Field("", alias="told_reason", description="The reason in the request's language.")
    http_status: int = Field(description="What the check was answered with, for the reason `code`; else 0.")
    since: datetime


class ServerOut(Schema):
    """A server with what the nodes say of its health."""

    address: str
    port: int
    weight: int
    description: str
    health: list[ServerHealthOut]

    @staticmethod
    def resolve_health(server: Server) -> list[Any]:
        """Return the observations."""
        return list(server.health.all())


class ServerGroupSummary(Schema):
    """A server group in a list."""

    id: str
    name: str
    protocol: str
    scheduler: str
    hash_parameter: str
    stickiness: str
    cookie: str
    cookie_timeout_seconds: int
    slow_start_seconds: int
    connection_drain_seconds: int | None
    verify_servers: bool
    ca_certificate_id: str | None
    server_name: str
    health_check_enabled: bool
    health_check_protocol: str
    health_check_host: str
    health_check_path: str
    health_check_method: str
    health_check_codes: list[str]
    health_check_port: int
    health_check_timeout_seconds: int
    health_check_interval_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int
    server_count: int
    listener_count: int
    rule_count: int
    revision: int
    created_at: datetime
    created_by: str


class ServerGroupOut(ServerGroupSummary):
    """A server group with its servers."""

    servers: list[ServerOut]

    @staticmethod
    def resolve_servers(group: ServerGroup) -> list[Server]:
        """Return the servers."""
        return list(group.servers.all())
