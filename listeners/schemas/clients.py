"""What the REST resources of a listener's clients and request headers take and answer."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema

from access.rest import Body
from listeners.forwarded_headers import ForwardedFor
from listeners.schemas.ranges import Flag
from listeners.selectors.clients import Narrowing

ForwardedForMode = Annotated[str, Field(json_schema_extra={"enum": list(ForwardedFor.values)})]
Alias = Annotated[str, Field(max_length=40)]
_HTTPS = "HTTPS: set"


class ClientsQuery(Schema):
    """Which clients are wanted."""

    q: str = Field("", description="Part of a subject or issuer, or the beginning of a serial number or SHA-256.")
    only: Narrowing = Narrowing.ALL


class ClientOut(Schema):
    """A client certificate that a listener was shown; an empty ``sha256`` stands for all clients that show none."""

    sha256: str
    subject: str
    issuer: str
    serial: str
    not_after: datetime | None
    refusal: str = Field(description="Why it is, or under enforce would be, refused; empty: it is valid.")
    connections: int
    first_seen_at: datetime
    last_seen_at: datetime


class ClientSummaryOut(Schema):
    """What enforcing would do to the certificates of the last seven days, and connections that showed none."""

    certificates: int
    refused: int
    expiring: int
    anonymous: int
    last_seen_at: datetime | None


class ForwardedHeadersPatch(Body):
    """What to change of the request headers about the client; what is not sent stays."""

    forwarded_for: ForwardedForMode = Field("append", description="X-Forwarded-For. HTTP, HTTPS.")
    proto: Flag = Field(False, description="Set X-Forwarded-Proto; off, servers get none.")
    port: Flag = Field(False, description="Set X-Forwarded-Port to the listener's port.")
    host: Flag = Field(False, description="Set X-Forwarded-Host. ALB.")
    client_port: Flag = Field(False, description="Set X-Forwarded-Client-srcport. HTTP, HTTPS.")
    load_balancer_id: Flag = Field(False, description="Set SLB-ID.")
    load_balancer_address: Flag = Field(False, description="Set SLB-IP. CLB.")
    source_lookup: Flag = Field(False, description="Find the client by X-Forwarded-For behind trusted proxies. ALB.")
    trusted_sources: list[str] = Field([], description="Addresses and networks of these proxies; 0.0.0.0/0: everybody.")
    subjectdn: Flag = Field(False, description=f"{_HTTPS} X-Forwarded-Clientcert-subjectdn (RFC 2253).")
    subjectdn_alias: Alias = Field("", description="ALB: its name instead; a-z, 0-9, - and _.")
    issuerdn: Flag = Field(False, description=f"{_HTTPS} X-Forwarded-Clientcert-issuerdn (RFC 2253).")
    issuerdn_alias: Alias = ""
    fingerprint: Flag = Field(False, description=f"{_HTTPS} X-Forwarded-Clientcert-fingerprint: SHA-256, hexadecimal.")
    fingerprint_alias: Alias = ""
    clientverify: Flag = Field(
        False, description=f"{_HTTPS} X-Forwarded-Clientcert-clientverify: SUCCESS, NONE or, while observing, FAILED."
    )
    clientverify_alias: Alias = ""


class ForwardedHeadersOut(Schema):
    """All settings of the request headers about the client, and which of them such a listener has."""

    forwarded_for: str
    proto: bool
    port: bool
    host: bool
    client_port: bool
    load_balancer_id: bool
    load_balancer_address: bool
    source_lookup: bool
    trusted_sources: list[str]
    subjectdn: bool
    subjectdn_alias: str
    issuerdn: bool
    issuerdn_alias: str
    fingerprint: bool
    fingerprint_alias: str
    clientverify: bool
    clientverify_alias: str
    applicable: list[str] = Field(description="The settings that a listener of this protocol, product and edition has.")
