"""REST: what listeners were, and what changes of them would do."""

from collections.abc import Sequence
from datetime import datetime

from ninja import Field, Schema

from listeners.impact import Impact


class ListenerStateOut(Schema):
    """A change after which the listener's state is kept, so that it can be gone back to."""

    change_id: int = Field(alias="id")
    at: datetime
    summary: str
    actor: str = Field(alias="actor_name")
    via: str = Field(alias="actor_via", description="page, rest, cloud, command or system")


class DifferenceOut(Schema):
    """One thing that differs; empty: it is not there."""

    label: str
    before: str
    after: str


class ChangeImpactOut(Schema):
    """What becomes of open connections."""

    travels_as: str = Field(description="How the change reaches the engine.")
    connections: str
    severity: int = Field(description="0: none ends, 1: some end, 2: all end.")

    @staticmethod
    def resolve_travels_as(impact: Impact) -> str:
        """Return it in the language of the request."""
        return str(impact.travels_as)

    @staticmethod
    def resolve_connections(impact: Impact) -> str:
        """Return it in the language of the request."""
        return str(impact.connections)


class EngineDifferenceOut(Schema):
    """A part of the engine's configuration that differs, as a unified diff of JSON."""

    part: str
    diff: str


class PreviewOut(Schema):
    """What a change would do. ``engine`` is empty where nothing travels, or while the listener is stopped."""

    differences: Sequence[DifferenceOut]
    impacts: Sequence[ChangeImpactOut] = Field(description="On open connections, the most disturbing first.")
    engine: Sequence[EngineDifferenceOut]
    problems: Sequence[str] = Field(description="What would not be served as asked.")
