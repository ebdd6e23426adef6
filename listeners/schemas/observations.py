"""What the REST resources answer that tell what the nodes observed."""

from datetime import datetime

from ninja import Field, Schema

from access.rest import WarningOut
from listeners.schemas.server_groups import ServerHealthOut
from listeners.states import State


class ListenerStatusOut(Schema):
    """What one node knows of a listener."""

    node: str
    state: str
    desired_version: str
    acknowledged_version: str
    acknowledged_at: datetime | None
    problems: list[WarningOut] = Field(alias="told_problems", description="In the request's language.")
    handshakes: int
    failures: dict[str, int]
    connections_active: int
    bytes_received: int
    bytes_sent: int
    updated_at: datetime


class StatusOut(Schema):
    """How a listener is: wanted, in one word, and node by node."""

    desired: str
    state: State
    nodes: list[ListenerStatusOut]


class ReceiptOut(Schema):
    """What a real handshake returned."""

    id: int
    node: str
    change_id: int | None
    server_name: str
    expected_sha256: str
    served_sha256: str
    is_expected: bool
    error: str
    handshake_milliseconds: float | None
    commit_to_served_milliseconds: float | None
    names_left_out: int
    at: datetime


class ListenerServerOut(ServerHealthOut):
    """The health of a server behind a listener."""

    address: str = Field(alias="server.address")
    port: int = Field(alias="server.port")
    weight: int = Field(alias="server.weight")


class NodeOut(Schema):
    """A node."""

    node: str
    is_live: bool
    pid: int
    engine_pid: int | None
    engine_version: str
    file_limit: int | None
    change_cursor: int
    problem: str
    started_at: datetime
    seen_at: datetime
