"""What the data plane serves, frozen and sorted, without private keys."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

from certificates.revocation_check import Revocation, RevocationCheck
from listeners.forwarded_headers import DEFAULTS as FORWARDED_BY_DEFAULT
from listeners.forwarded_headers import ForwardedHeaders
from listeners.forwarding.rule import Rule
from listeners.tls_policies import TlsPolicy

Role = Literal["default", "additional", "CA"]
DEFAULT: Role = "default"
ADDITIONAL: Role = "additional"
AUTHORITY: Role = "CA"
ENCRYPTED = frozenset({"TCPSSL", "HTTPS", "QUIC"})
HTTP_FAMILY = frozenset({"HTTP", "HTTPS", "QUIC"})
OVER_UDP = frozenset({"UDP", "QUIC"})
LONG_AGO = datetime.min.replace(tzinfo=UTC)
NO_LISTS = Revocation()
NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ServedCertificate:
    """The current version of a certificate, as far as a listener depends on it; the bytes are loaded when sent."""

    id: str
    name: str
    version_id: int
    sha256: str
    chain_sha256: str
    dns_names: tuple[str, ...]
    key_algorithm: str
    key_bits: int
    signature_hash: str
    not_after: datetime
    has_key: bool
    revocation: Revocation = NO_LISTS  # of a CA certificate

    @property
    def content(self) -> str:
        """Identify the bytes that are served: equal contents are the same leaf, chain and key."""
        return hashlib.blake2b(f"{self.sha256}:{self.chain_sha256}".encode(), digest_size=16).hexdigest()

    def trusted_content(self, check: RevocationCheck) -> str:
        """Identify the bytes that clients are checked by: the authorities, and the lists in force."""
        if not check.is_on:
            return self.content
        parts = [self.content, str(check.is_whole_chain), *(each.sha256 for each in check.lists)]
        return hashlib.blake2b(":".join(parts).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Slot:
    """A place on a listener that holds a certificate; the certificate can change, the slot stays."""

    binding_id: int
    role: Role
    certificate_id: str
    domain: str = ""  # the one name that it is for; empty: all names of its certificate


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """An active health check; port 0 is each server's own. ``host`` to ``codes`` are of checks by HTTP requests."""

    port: int
    timeout_seconds: int
    interval_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int
    protocol: str = "TCP"
    host: str = ""  # empty: each server's own address
    path: str = "/"
    method: str = "HEAD"
    codes: tuple[str, ...] = ()  # such as "http_2xx", which is also what none stands for


@dataclass(frozen=True, slots=True)
class Server:
    """One backend."""

    address: str  # an IP address or a host name
    port: int
    weight: int


@dataclass(frozen=True, slots=True)
class ServerGroup:
    """A set of backends, sorted; ``health_check`` is None where none is made."""

    id: str
    name: str
    scheduler: str
    servers: tuple[Server, ...]
    health_check: HealthCheck | None
    protocol: str = "TCP"
    hash_parameter: str = ""
    stickiness: str = ""
    cookie: str = ""
    cookie_timeout_seconds: int = 1000
    slow_start_seconds: int = 0
    connection_drain_seconds: int | None = None
    verify_servers: bool = False
    ca_certificate_id: str = ""  # by which servers are verified; empty: by the public authorities
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener that should run; its slots are sorted by binding."""

    id: str
    load_balancer_id: str
    name: str
    address: str
    port: int
    server_group_id: str  # empty where every request is redirected
    slots: tuple[Slot, ...]
    idle_timeout_seconds: int
    security_policy: str
    alpn_policy: str
    proxy_protocol: bool
    connections_per_second: int
    mutual_authentication: bool
    protocol: str = "TCPSSL"
    product: str = "NLB"
    edition: str = ""
    request_timeout_seconds: int = 60
    mutual_mode: str = "enforce"
    http2: bool = True
    compression: bool = True
    quic_listener_id: str = ""  # whose port clients are told of
    alt_svc_port: int = 0  # its port; 0: there is none, or it does not run
    redirect_port: int | None = None  # every request is sent to HTTPS on this port
    forwarded: ForwardedHeaders = FORWARDED_BY_DEFAULT
    rules: tuple[Rule, ...] = ()
    unreadable_rules: tuple[str, ...] = ()  # names of those that are left out
    access_log_path: str = ""  # where its requests are logged; empty: nowhere
    hashes_tuples: bool = False  # known only when it is compiled: its server group asks for it
    policy: TlsPolicy | None = None  # what security_policy names; None: nothing that there is
    session_limit: int = 1000  # of UDP: how many sessions it may have at a time

    @property
    def is_encrypted(self) -> bool:
        """Whether clients speak TLS to it, so that it serves certificates."""
        return self.protocol in ENCRYPTED

    @property
    def is_http(self) -> bool:
        """Whether it reads requests, so that they can go different ways."""
        return self.protocol in HTTP_FAMILY

    @property
    def is_over_udp(self) -> bool:
        """Whether datagrams carry what clients say to it, so that its port is one of UDP."""
        return self.protocol in OVER_UDP

    @property
    def transport(self) -> str:
        """What its port is of."""
        return "udp" if self.is_over_udp else "tcp"

    @property
    def group_ids(self) -> tuple[str, ...]:
        """The server groups that it forwards to, the default one first."""
        default = (self.server_group_id,) if self.server_group_id else ()
        named = (group_id for rule in self.rules for group_id in rule.server_group_ids)
        return tuple(dict.fromkeys((*default, *named)))

    @property
    def default_slot(self) -> Slot | None:
        """The slot of the default certificate."""
        return next((slot for slot in self.slots if slot.role == DEFAULT), None)

    @property
    def authority_slot(self) -> Slot | None:
        """The slot of the authority that signs the clients' certificates."""
        return next((slot for slot in self.slots if slot.role == AUTHORITY), None)

    @property
    def additional_slots(self) -> tuple[Slot, ...]:
        """The slots of the certificates that are chosen by name."""
        return tuple(slot for slot in self.slots if slot.role == ADDITIONAL)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A name that an ACME server asks a proof of (TLS-ALPN-01), and the fingerprint of the answer."""

    id: int
    server_name: str
    sha256: str


def _frozen() -> Any:
    return field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that one node serves, by id; ``moment`` decides which revocation lists count as expired."""

    listeners: Mapping[str, Listener] = _frozen()
    server_groups: Mapping[str, ServerGroup] = _frozen()
    certificates: Mapping[str, ServedCertificate] = _frozen()
    moment: datetime = LONG_AGO
    challenges: tuple[Challenge, ...] = ()  # answered by every listener
    health_log: str = ""  # where the engine of this node writes why health checks fail; empty: nowhere

    def with_certificates(self, changed: Mapping[str, ServedCertificate]) -> "Snapshot":
        """Return a snapshot in which these certificates are replaced."""
        return replace(self, certificates={**self.certificates, **changed})

    def with_listeners(self, listener_ids: Collection[str], part: "Snapshot") -> "Snapshot":
        """Return a snapshot in which these listeners are as in ``part``, or gone where it has none."""
        kept = {key: value for key, value in self.listeners.items() if key not in listener_ids}
        whole = _pruned(
            {**kept, **part.listeners},
            {**self.server_groups, **part.server_groups},
            {**self.certificates, **part.certificates},
            self.moment,
        )
        return replace(
            self, listeners=whole.listeners, server_groups=whole.server_groups, certificates=whole.certificates
        )

    def with_server_groups(
        self, changed: Mapping[str, ServerGroup], certificates: Mapping[str, ServedCertificate] = NONE
    ) -> "Snapshot":
        """Return a snapshot in which these server groups are replaced; ``certificates`` are what they need anew."""
        groups = {**self.server_groups, **changed}
        whole = _pruned(self.listeners, groups, {**self.certificates, **certificates}, self.moment)
        return replace(self, server_groups=groups, certificates=whole.certificates)

    def listeners_with_certificate(self, certificate_id: str) -> list[Listener]:
        """Return the listeners that bind this certificate, or verify servers by it."""
        groups = {key for key, group in self.server_groups.items() if group.ca_certificate_id == certificate_id}
        return [
            listener
            for listener in self.listeners.values()
            if any(slot.certificate_id == certificate_id for slot in listener.slots)
            or not groups.isdisjoint(listener.group_ids)
        ]

    def checking_otherwise_at(self, moment: datetime) -> list[str]:
        """Return the CA certificates whose lists mean something else at ``moment``, because one has ended."""
        return [
            key
            for key, value in self.certificates.items()
            if value.revocation.lists and value.revocation.at(moment) != value.revocation.at(self.moment)
        ]

    def listeners_of_group(self, group_id: str) -> list[Listener]:
        """Return the listeners that forward to this server group."""
        return [listener for listener in self.listeners.values() if group_id in listener.group_ids]


def _pruned(
    listeners: Mapping[str, Listener],
    server_groups: Mapping[str, ServerGroup],
    certificates: Mapping[str, ServedCertificate],
    moment: datetime,
) -> Snapshot:
    """Leave out what no listener uses, so that following changes and collecting everything come to the same."""
    named = {group_id for listener in listeners.values() for group_id in listener.group_ids}
    groups = {key: value for key, value in server_groups.items() if key in named}
    bound = {slot.certificate_id for listener in listeners.values() for slot in listener.slots}
    bound |= {group.ca_certificate_id for group in groups.values()}
    return Snapshot(
        listeners,
        groups,
        {key: value for key, value in certificates.items() if key in bound},
        moment,
    )
