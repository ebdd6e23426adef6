"""What the REST resources of accounts and renewals take and answer. Keys go in and never out."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from access.rest import Body, PageOut, PageQuery
from renewals.models import Attempt, Renewal

KeyTypeName = Literal["P-256", "P-384", "RSA-2048", "RSA-3072", "RSA-4096"]
ChallengeName = Literal["tls-alpn-01", "http-01", "dns-01"]


class AccountIn(Body):
    """An account to register."""

    name: str = Field(max_length=1000)
    directory_url: str = Field(max_length=2000, description="https; plain http is for loopback alone.")
    contact: str = Field("", max_length=1000, description="A mail address.")
    trusted_ca_pem: str = Field("", description="The CA certificate of a private server's own certificate, PEM.")
    eab_key_id: str = Field("", description="External account binding: the key's id.")
    eab_key: str = Field("", description="External account binding: the key, base64url.")
    terms_agreed: bool = Field(False, description="Must be true: the authority's terms of service are agreed to.")


class AccountChange(Body):
    """What to change of an account; what is left out stays."""

    name: str | None = Field(None, max_length=1000)
    contact: str | None = Field(None, max_length=1000)
    trusted_ca_pem: str | None = None


class AccountOut(Schema):
    """An account with an ACME server."""

    id: str
    name: str
    directory_url: str
    contact: str
    trusted_ca_pem: str
    account_url: str
    eab_key_id: str
    revision: int
    created_at: datetime
    created_by: str


class AccountPage(PageOut[AccountOut]):
    """Accounts by name."""


class RenewalIn(Body):
    """A certificate to request, by an ACME account or by a private authority."""

    names: list[str] = Field(description="Host names, wildcards (with dns-01) and IP addresses; 1 to 100.")
    name: str = Field("", description="What the certificate is called; blank takes the first of `names`.")
    account_id: str = ""
    authority_id: str = ""
    certificate_id: str = Field("", description="A certificate that gets the new versions; left out: a new one.")
    challenge: ChallengeName | Literal[""] = Field("", description="With `account_id`: how names are proved.")
    dns_hook: str = Field("", description="With dns-01: the name of a program in the hook folder.")
    key_type: KeyTypeName = "P-256"
    days: int = Field(90, ge=1, le=3650, description="With `authority_id`: how long a certificate lives.")


class RenewalChange(Body):
    """What to change of a renewal; what is left out stays."""

    names: list[str] | None = None
    account_id: str | None = Field(None, description="Another ACME account, in place of the issuer before.")
    authority_id: str | None = Field(None, description="Another private authority, in place of the issuer before.")
    challenge: ChallengeName | None = None
    dns_hook: str | None = None
    key_type: KeyTypeName | None = None
    days: int | None = Field(None, ge=1, le=3650)


class ProblemOut(Schema):
    """Why an attempt failed."""

    code: str
    message: str
    way_out: str


class RenewalAttemptOut(Schema):
    """One try; its `outcome` is empty while it runs."""

    started_at: datetime
    ended_at: datetime | None
    outcome: str
    problem: ProblemOut | None

    @staticmethod
    def resolve_problem(row: Attempt) -> dict[str, str] | None:
        """Return no problem where there is none."""
        return row.problem or None


class RenewalOut(Schema):
    """How a certificate is ordered and renewed."""

    id: str
    name: str
    source: str
    account_id: str | None
    authority_id: str | None
    certificate_id: str | None = Field(description="Null until the first certificate is issued.")
    names: list[str]
    challenge: str
    dns_hook: str
    key_type: str
    days: int
    state: str
    next_attempt_at: datetime | None
    renewed_at: datetime | None
    window_start: datetime | None = Field(description="When the server wishes the renewal (RFC 9773).")
    window_end: datetime | None
    failures: int = Field(description="In a row.")
    failing_since: datetime | None
    last_problem: ProblemOut | None
    revision: int
    created_at: datetime
    created_by: str

    @staticmethod
    def resolve_last_problem(row: Renewal) -> dict[str, str] | None:
        """Return no problem where there is none."""
        return row.last_problem or None


class RenewalDetail(RenewalOut):
    """A renewal with its newest attempts."""

    recent_attempts: list[RenewalAttemptOut]

    @staticmethod
    def resolve_recent_attempts(row: Renewal) -> list[Attempt]:
        """Return the newest attempts."""
        return list(row.attempts.all()[:20])


class RenewalPage(PageOut[RenewalOut]):
    """Renewals, newest first."""


class RenewalQuery(PageQuery):
    """Which renewals."""

    state: Literal["", "waiting", "running", "failed", "paused"] = ""
    q: str = Field("", max_length=200, description="Part of a name.")
