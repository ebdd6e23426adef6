"""What the REST resource of listeners takes and answers."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema
from pydantic import Strict

from access.rest import Body, WarningOut
from listeners import rules
from listeners.models import Listener
from listeners.schemas.ranges import Flag, Port, ranged
from listeners.states import State
from listeners.tls_policies import DEFAULT_POLICY, POLICIES

IdleTimeout = Annotated[int, Strict(), ranged(rules.IDLE_TIMEOUT_SECONDS)]
ConnectionRate = Annotated[int, Strict(), ranged(rules.CONNECTIONS_PER_SECOND, description="0: no limit.")]
Policy = Annotated[str, Field(json_schema_extra={"enum": list(POLICIES)})]
Alpn = Annotated[str, Field(json_schema_extra={"enum": ["", *Listener.AlpnPolicy.values]})]
Desired = Annotated[str, Field(json_schema_extra={"enum": list(Listener.Desired.values)})]


class ListenerFieldsIn(Body):
    """What can be set of a listener beside its certificates."""

    name: str = ""
    idle_timeout_seconds: IdleTimeout = 900
    security_policy: Policy = Field(DEFAULT_POLICY, description="The default accepts TLS 1.0, with a warning.")
    alpn_policy: Alpn = ""
    proxy_protocol_enabled: Flag = False
    connections_per_second: ConnectionRate = 0


class ListenerIn(ListenerFieldsIn):
    """A listener to create."""

    load_balancer_id: str
    port: Port
    server_group_id: str
    certificate_id: str
    additional_certificate_ids: list[str] = []
    mutual_authentication: Flag = False
    ca_certificate_id: str | None = None
    desired: Desired = Listener.Desired.RUNNING.value


class ListenerPatch(ListenerFieldsIn):
    """What to change of a listener; port and protocol stay for its life."""

    server_group_id: str = ""


class ListenersQuery(Schema):
    """Which listeners are wanted."""

    load_balancer_id: str = ""
    server_group_id: str = ""
    certificate_id: str = Field("", description="Bound in any role: default, additional or CA.")
    query: str = Field("", description="Part of a name, an id, or a port.")


class ListenerOut(Schema):
    """A listener with its state over all nodes."""

    id: str
    load_balancer_id: str
    name: str
    protocol: str
    port: int
    desired: str
    state: State
    server_group_id: str
    default_certificate_id: str | None
    ca_certificate_id: str | None
    additional_count: int
    soonest_not_after: datetime | None
    mutual_authentication: bool
    idle_timeout_seconds: int
    security_policy: str
    alpn_policy: str
    proxy_protocol_enabled: bool
    connections_per_second: int
    revision: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class ListenerDetail(ListenerOut):
    """A listener, and what deserves a word about it."""

    warnings: list[WarningOut]
