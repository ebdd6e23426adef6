"""What the REST resource of server groups takes and answers."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import Strict

from access.rest import Body
from listeners import rules
from listeners.models import Server, ServerGroup
from listeners.schemas.ranges import Flag, Port, ranged

Weight = Annotated[int, Strict(), ranged(rules.WEIGHTS, description="0 takes no new connections.")]
CheckPort = Annotated[int, Strict(), ranged(rules.HEALTH_CHECK_PORTS, description="0: each server's own.")]
CheckTimeout = Annotated[int, Strict(), ranged(rules.HEALTH_CHECK_TIMEOUT_SECONDS)]
CheckInterval = Annotated[int, Strict(), ranged(rules.HEALTH_CHECK_INTERVAL_SECONDS)]
Threshold = Annotated[int, Strict(), ranged(rules.THRESHOLDS)]
Scheduler = Annotated[str, Field(json_schema_extra={"enum": list(ServerGroup.Scheduler.values)})]


class ServerIn(Body):
    """A server of a group."""

    address: str = Field(description="IPv4 or IPv6.")
    port: Port
    weight: Weight = 100
    description: str = ""


class HealthCheckFields(Body):
    """How a group spreads connections and checks its servers."""

    scheduler: Scheduler = ServerGroup.Scheduler.WEIGHTED_ROUND_ROBIN.value
    health_check_enabled: Flag = True
    health_check_port: CheckPort = 0
    health_check_timeout_seconds: CheckTimeout = 5
    health_check_interval_seconds: CheckInterval = 5
    healthy_threshold: Threshold = 2
    unhealthy_threshold: Threshold = 2


class ServerGroupIn(HealthCheckFields):
    """A server group to create."""

    name: str
    servers: list[ServerIn] = []


class ServerGroupPatch(HealthCheckFields):
    """What to change of a server group; ``servers`` replaces them all."""

    name: str = ""
    servers: list[ServerIn] | None = None


class ServerHealthOut(Schema):
    """What one node's health checks say of a server: of a group's, the worst seen through any listener."""

    node: str
    listener_id: str
    state: str
    reason: str = Field(description="A code: `refused`, `timeout`, `pending`, `no-check`, `no-weight`, or empty.")
    message: str = Field("", alias="get_reason_display", description="The reason in the request's language.")
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
    health_check_enabled: bool
    health_check_port: int
    health_check_timeout_seconds: int
    health_check_interval_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int
    server_count: int
    listener_count: int
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
