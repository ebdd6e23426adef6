"""What the REST resources of quotas and deletion previews take and answer."""

from typing import Annotated

from ninja import Field, Schema
from pydantic import Strict

from access.rest import Body
from listeners.impact import Impact


class QuotaOut(Schema):
    """A limit."""

    name: str
    limit: int
    description: str


class QuotaUsageOut(QuotaOut):
    """A limit, and how much of it is used."""

    used: int


class QuotaPatch(Body):
    """The new limit."""

    limit: Annotated[int, Strict()]


class QuotasPatch(Body):
    """New limits by name."""

    limits: dict[str, Annotated[int, Strict()]]


class AffectedOut(Schema):
    """An object that a deletion would take along, or that refuses it."""

    object_id: str
    label: str


class ImpactOut(Schema):
    """What a change does to open connections."""

    change: str
    travels_as: str
    connections: str

    @staticmethod
    def resolve_travels_as(impact: Impact) -> str:
        """Return the words in the request's language."""
        return str(impact.travels_as)

    @staticmethod
    def resolve_connections(impact: Impact) -> str:
        """Return the words in the request's language."""
        return str(impact.connections)


class DeletionOut(Schema):
    """What a deletion would do; ``blocked_by`` refuses it. Lists have the first 50, the counts are of all."""

    blocked_by: list[AffectedOut]
    blocked_by_count: int = Field(alias="blocked_by.total")
    deletes: list[AffectedOut]
    deletes_count: int = Field(alias="deletes.total")
    open_connections: int
    impact: ImpactOut
