"""What the REST resource of watched addresses takes and answers."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from access.rest import Body, PageOut, PageQuery
from watchlist.models import WatchedAddress
from watchlist.problems import words_of
from watchlist.services import DEFAULT_PERIOD, LONGEST_PERIOD, SHORTEST_PERIOD

StarttlsName = Literal["none", "smtp", "imap", "ldap", "postgresql"]
StateName = Literal["paused", "new", "failing", "expired", "untrusted", "ok"]


class WatchedIn(Body):
    """An address to watch."""

    host: str = Field(max_length=300, description="A host name or an IP address; private ones are allowed.")
    port: int = Field(443, ge=1, le=65_535)
    server_name: str = Field("", max_length=300, description="The name to ask for (SNI), where it is not `host`.")
    starttls: StarttlsName = "none"
    name: str = Field("", max_length=1000, description="What people call it; blank takes host and port.")
    period_minutes: int = Field(DEFAULT_PERIOD, ge=SHORTEST_PERIOD, le=LONGEST_PERIOD)
    owner: str = Field("", max_length=200)
    enabled: bool = True


class WatchedChange(Body):
    """What to change of a watched address; what is left out stays."""

    host: str | None = Field(None, max_length=300)
    port: int | None = Field(None, ge=1, le=65_535)
    server_name: str | None = Field(None, max_length=300)
    starttls: StarttlsName | None = None
    name: str | None = Field(None, max_length=1000)
    period_minutes: int | None = Field(None, ge=SHORTEST_PERIOD, le=LONGEST_PERIOD)
    owner: str | None = Field(None, max_length=200)
    enabled: bool | None = None


class SaidOut(Schema):
    """Something that is wrong."""

    code: str
    message: str


class MemberOut(Schema):
    """A certificate of the chain that the server sends."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    sha256: str


class WatchedOut(Schema):
    """A watched address, and what it showed when it answered last."""

    id: str
    name: str
    host: str
    port: int
    server_name: str
    starttls: str
    period_minutes: int
    owner: str
    enabled: bool
    state: StateName
    next_check_at: datetime
    checked_at: datetime | None
    failures: int = Field(description="Checks in a row that got no certificate.")
    failing_since: datetime | None
    problem: SaidOut | None = Field(description="Of the last check; null when it went well.")
    answered_at: datetime | None
    sha256: str
    seen_since: datetime | None = Field(description="When this certificate was first met here.")
    subject: str
    issuer: str
    names: list[str]
    not_before: datetime | None
    not_after: datetime | None
    ends_at: datetime | None = Field(description="The end that comes first, of the certificate or of its chain.")
    chain: list[MemberOut]
    tls_version: str
    trust_problems: list[SaidOut]
    revision: int
    created_at: datetime
    created_by: str

    @staticmethod
    def resolve_problem(row: WatchedAddress) -> dict[str, str] | None:
        """Return no problem where there is none."""
        return {"code": row.problem["code"], "message": words_of(row.problem)} if row.problem else None

    @staticmethod
    def resolve_trust_problems(row: WatchedAddress) -> list[dict[str, str]]:
        """Return each with its words."""
        return [{"code": each["code"], "message": words_of(each)} for each in row.trust_problems]


class WatchedPage(PageOut[WatchedOut]):
    """Watched addresses by name."""


class WatchedQuery(PageQuery):
    """Which watched addresses."""

    state: StateName | Literal[""] = ""
    q: str = Field("", max_length=200, description="Part of a name or host.")
