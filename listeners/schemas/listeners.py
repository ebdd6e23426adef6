"""What the REST resource of listeners takes and answers."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import ConfigDict, Strict

from access.rest import Body, WarningOut
from listeners import rules
from listeners.models import Listener
from listeners.schemas.clients import ForwardedHeadersPatch
from listeners.schemas.ranges import Flag, Port, ranged
from listeners.schemas.tags import Tags
from listeners.services import DomainExtension
from listeners.states import State

TIMEOUT = range(1, 3601)
IdleTimeout = Annotated[int, Strict(), ranged(TIMEOUT)]
ConnectionRate = Annotated[int, Strict(), ranged(rules.CONNECTIONS_PER_SECOND)]
Protocol = Annotated[str, Field(json_schema_extra={"enum": list(Listener.Protocol.values)})]
Alpn = Annotated[str, Field(json_schema_extra={"enum": ["", *Listener.AlpnPolicy.values]})]
Desired = Annotated[str, Field(json_schema_extra={"enum": list(Listener.Desired.values)})]
MutualMode = Annotated[str, Field(json_schema_extra={"enum": list(Listener.MutualMode.values)})]


def _by_protocol(kind: type, description: str) -> Any:
    """Describe a field whose default is that of the product and protocol: what is not sent is not passed on."""
    return Field(default_factory=kind, description=description)


class ListenerFieldsIn(Body):
    """What can be set of a listener beside its certificates; which listener has what is said with each."""

    name: str = Field("", description="2 to 256 letters, digits, Chinese characters and . , ; / @ _ - or nothing.")
    server_group_id: str | None = Field(
        None, description="Needed, unless all requests are redirected. It must fit the protocol."
    )
    idle_timeout_seconds: IdleTimeout = _by_protocol(
        int,
        "NLB TCP and TCPSSL 10-900 (900), UDP 10-90 (90). ALB 1-600 (15), up to 3600 by the quota "
        "alb_quota_max_idle_timeout. CLB TCP 10-900 (900), HTTP and HTTPS 1-60 (15).",
    )
    request_timeout_seconds: IdleTimeout = _by_protocol(
        int,
        "HTTP, HTTPS, QUIC; then the client gets 504. ALB 1-600 (60), up to 3600 by the quota "
        "alb_quota_max_request_timeout. CLB 1-180 (60).",
    )
    security_policy: str = _by_protocol(
        str, "TCPSSL, HTTPS: a system policy, or the id of a custom one. The default accepts TLS 1.0, with a warning."
    )
    alpn_policy: Alpn = Field("", description="TCPSSL.")
    proxy_protocol_enabled: Flag = Field(False, description="TCP, TCPSSL: version 2, to the servers.")
    connections_per_second: ConnectionRate = Field(0, description="TCP, TCPSSL of an NLB: new ones; 0: no limit.")
    http2_enabled: Flag = _by_protocol(bool, "HTTPS; on unless switched off.")
    compression_enabled: Flag = _by_protocol(bool, "HTTP, HTTPS, QUIC: gzip and Brotli; on unless switched off.")
    access_log_enabled: Flag = Field(False, description="HTTP, HTTPS, QUIC.")
    quic_listener_id: str | None = Field(
        None, description="HTTPS of an ALB: a QUIC listener of the same load balancer that clients are told of."
    )
    redirect_port: Port | None = Field(
        None, description="HTTP: every request is sent to HTTPS on this port; there is no server group then."
    )
    forwarded_headers: ForwardedHeadersPatch = _by_protocol(
        ForwardedHeadersPatch,
        "HTTP, HTTPS, QUIC: what servers are told of clients; what is not in it has its default.",
    )


class DomainExtensionIn(Body):
    """A name, perhaps a wildcard, that the certificate is for, and the certificate."""

    domain: str
    certificate_id: str


class ListenerIn(ListenerFieldsIn):
    """A listener to create."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "load_balancer_id": "nlb-3k9x0q7c2m8v5b1t",
                    "protocol": "TCPSSL",
                    "port": 443,
                    "server_group_id": "sgp-3k9x0q7c2m8v5b1t",
                    "certificate_id": "cert-3k9x0q7c2m8v5b1t",
                    "security_policy": "tls_cipher_policy_1_2_strict_with_1_3",
                },
                {"load_balancer_id": "alb-3k9x0q7c2m8v5b1t", "protocol": "HTTP", "port": 80, "redirect_port": 443},
            ]
        }
    )

    load_balancer_id: str
    port: Port
    protocol: Protocol = _by_protocol(
        str, "NLB: TCP, UDP, TCPSSL (if left out). ALB: HTTP, HTTPS (if left out), QUIC. CLB: TCP, HTTP, HTTPS."
    )
    certificate_id: str | None = Field(None, description="Needed by TCPSSL, HTTPS and QUIC; others have none.")
    additional_certificate_ids: list[str] = Field([], description="TCPSSL, HTTPS and QUIC of an NLB or ALB.")
    domain_extensions: list[DomainExtensionIn] = Field([], description="HTTPS of a CLB.")
    mutual_authentication: Flag = Field(False, description="TCPSSL and HTTPS; not in the edition Basic.")
    mutual_authentication_mode: MutualMode = _by_protocol(
        str, "With mutual authentication: enforce (if left out), or observe."
    )
    ca_certificate_id: str | None = None
    desired: Desired = _by_protocol(str, "Running if left out; a CLB's listener is stopped then.")
    tags: Tags = {}

    def given(self) -> dict[str, Any]:
        """Return what was sent, as the service takes it."""
        values = self.model_dump(exclude_unset=True)
        if "domain_extensions" in values:
            values["domain_extensions"] = [DomainExtension(**each) for each in values["domain_extensions"]]
        return values


class ListenerPatch(ListenerFieldsIn):
    """What to change of a listener; port and protocol stay for its life."""


class ListenersQuery(Schema):
    """Which listeners are wanted."""

    load_balancer_id: str = ""
    server_group_id: str = ""
    certificate_id: str = Field("", description="Bound in any role: default, additional or CA.")
    product: str = Field("", description="NLB, ALB or CLB.")
    protocol: str = ""
    tag: str = Field("", description="A key, or a key and its value: team=payments.")
    q: str = Field("", description="Part of a name, an id, or a port.")


class ListenerOut(Schema):
    """A listener with its state over all nodes."""

    id: str
    load_balancer_id: str
    product: str
    name: str
    protocol: str
    transport: str = Field(description="What its port is of: two listeners share a number if these differ.")
    port: int
    desired: str
    state: State
    server_group_id: str | None
    default_certificate_id: str | None
    ca_certificate_id: str | None
    additional_count: int
    soonest_not_after: datetime | None
    mutual_authentication: bool
    mutual_authentication_mode: str
    idle_timeout_seconds: int
    request_timeout_seconds: int = Field(description="0: it reads no requests.")
    security_policy: str
    alpn_policy: str
    proxy_protocol_enabled: bool
    connections_per_second: int
    http2_enabled: bool
    compression_enabled: bool
    access_log_enabled: bool
    quic_listener_id: str | None
    redirect_port: int | None
    forwarded_headers: dict[str, Any] = Field(description="What differs from the defaults.")
    tags: Tags
    revision: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class ListenerDetail(ListenerOut):
    """A listener, and what deserves a word about it."""

    warnings: list[WarningOut]
