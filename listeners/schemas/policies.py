"""What the REST resource of TLS security policies takes and answers."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema

from access.rest import Body, WarningOut
from listeners.cipher_suites import ALLOWED_CIPHERS, VERSIONS
from listeners.models import SecurityPolicy
from listeners.selectors.policies import policy_of_row
from listeners.selectors.refusals import SeenClients
from listeners.warnings import weaknesses

Version = Annotated[str, Field(json_schema_extra={"enum": list(VERSIONS)})]
Cipher = Annotated[str, Field(json_schema_extra={"enum": list(ALLOWED_CIPHERS)})]


class PolicyOut(Schema):
    """A system policy: what it asks for, and what of it the engine offers."""

    id: str
    versions: list[str]
    ciphers: list[str] = Field(description="In order of preference, by their OpenSSL names.")
    offered_versions: list[str] = Field(description="The versions with a cipher suite that the engine has.")
    offered_ciphers: list[str]
    refused_ciphers: list[str] = Field(description="Asked for, and not in the engine.")
    added_ciphers: list[str] = Field(description="Not asked for: the engine offers its TLS 1.3 suites as a whole.")


class SecurityPolicyIn(Body):
    """A custom policy to create."""

    name: str
    versions: list[Version]
    ciphers: list[Cipher]
    region: str | None = Field(None, description="Empty: this installation's own. It cannot be changed.")


class SecurityPolicyPatch(Body):
    """What to change of a custom policy; a list that is sent replaces the stored one."""

    name: str = ""
    versions: list[Version] = []
    ciphers: list[Cipher] = []


class SecurityPolicyOut(PolicyOut):
    """A custom policy."""

    name: str
    region: str
    listener_count: int
    warnings: list[WarningOut]
    revision: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str

    @staticmethod
    def resolve_offered_versions(row: SecurityPolicy) -> list[str]:
        """Return the versions that a client can agree on."""
        return list(policy_of_row(row).offered_versions)

    @staticmethod
    def resolve_offered_ciphers(row: SecurityPolicy) -> list[str]:
        """Return the suites that clients are offered."""
        return list(policy_of_row(row).offered_ciphers)

    @staticmethod
    def resolve_refused_ciphers(row: SecurityPolicy) -> list[str]:
        """Return the suites that the engine does not have."""
        return list(policy_of_row(row).refused_ciphers)

    @staticmethod
    def resolve_added_ciphers(row: SecurityPolicy) -> list[str]:
        """Return the suites that the engine adds."""
        return list(policy_of_row(row).added_ciphers)

    @staticmethod
    def resolve_warnings(row: SecurityPolicy) -> list[WarningOut]:
        """Return what deserves a word."""
        found = weaknesses(policy_of_row(row))
        return [WarningOut(code=each.code, message=each.message) for each in found]


class SeenClientsOut(Schema):
    """Connections of the last week to one listener with one version and cipher suite, as the policy judges them."""

    listener_id: str = Field(alias="listener.pk")
    version: str
    cipher: str
    connections: int
    last_client: str = Field(description="The address of the client that came last.")
    last_seen_at: datetime
    reason: str = Field(description="Empty: it would be served; `version` or `cipher`: what the policy lacks.")

    @staticmethod
    def resolve_reason(seen: SeenClients) -> str:
        """Return what of it the policy lacks."""
        return seen.lacks


class ClientsOut(Schema):
    """What the clients of the last week did, those first that the policy would have refused."""

    connections: int
    refused_connections: int
    seen: list[SeenClientsOut]
