"""The engine's access log: one entry for each connection that ended, as plain values."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from envoy.data.accesslog.v3.accesslog_pb2 import TCPAccessLogEntry, TLSProperties
from envoy.service.accesslog.v3.als_pb2 import StreamAccessLogsMessage, StreamAccessLogsResponse

from dataplane.envoy.clients import CERTIFICATE_TAG, FINGERPRINT_TAG, VERDICT_TAG
from dataplane.envoy.filters import PROTOCOL_TAG
from dataplane.snapshot import ENCRYPTED
from listeners.cipher_suites import NAMES

SERVICE = "envoy.service.accesslog.v3.AccessLogService"
READING_REQUESTS = frozenset({"HTTPS", "QUIC"})  # protocols whose connections carry requests, in TLS
SOUGHT_IN_VAIN = frozenset({"no_healthy_upstream", "no_cluster_found", "upstream_overflow"})
# The engine's connection rate limit closes with this flag; without a handshake it can mean nothing else.
OVER_LIMIT = "upstream_retry_limit_exceeded"
RATE_LIMITED = "rate_limited"
_VERSIONS = {
    TLSProperties.TLSv1: "TLSv1.0",
    TLSProperties.TLSv1_1: "TLSv1.1",
    TLSProperties.TLSv1_2: "TLSv1.2",
    TLSProperties.TLSv1_3: "TLSv1.3",
}


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection that ended. ``tls_version`` and ``server_name`` are what the client and the engine agreed on."""

    client_address: str
    client_port: int
    started_at: float  # Unix time
    seconds: float
    server_name: str
    tls_version: str  # empty where the handshake was not completed
    failure: str  # why it was not, as the TLS library words it; empty where the client just went away
    server_failure: str  # of the way to the server
    server: str  # address:port, empty where none was reached
    flags: tuple[str, ...]  # the engine's response flags, such as "no_healthy_upstream"
    bytes_received: int
    bytes_sent: int
    tls_cipher: str = ""  # the suite's name as OpenSSL has it, or its number as 0x1301
    client_sha256: str = ""  # the certificate that the client showed, as far as it was asked for one
    client_certificate: str = ""  # the same in PEM, percent-encoded
    protocol: str = "TCPSSL"  # of the listener
    client_verdict: str = ""  # what the engine made of it where everybody is let in: see dataplane.envoy.clients

    @property
    def has_handshake(self) -> bool:
        """Tell whether the TLS handshake was completed."""
        return bool(self.tls_version)

    @property
    def is_plain(self) -> bool:
        """Tell whether the listener speaks no TLS, so that there is no handshake to fail."""
        return self.protocol not in ENCRYPTED


# Called with a listener's id and the connections that ended. It runs in the event loop: it must be quick.
Connections = Callable[[str, Sequence[Connection]], None]


class AccessLogService:
    """Take the access log streams. A slow receiver makes the engine drop entries, not connections."""

    def __init__(self, connections: Connections | None) -> None:
        self._connections = connections

    def register(self, server: "grpc.aio.Server") -> None:
        """Serve on the socket that everything else goes over."""
        handler = grpc.stream_unary_rpc_method_handler(
            self._take, StreamAccessLogsMessage.FromString, StreamAccessLogsResponse.SerializeToString
        )
        service = grpc.method_handlers_generic_handler(SERVICE, {"StreamAccessLogs": handler})
        server.add_generic_rpc_handlers((service,))

    async def _take(self, messages: Any, context: Any) -> StreamAccessLogsResponse:
        listener_id = ""
        async for message in messages:
            listener_id = message.identifier.log_name or listener_id  # only the first message says it
            if self._connections is not None:
                self._connections(listener_id, [decode(entry) for entry in message.tcp_logs.log_entry])
        return StreamAccessLogsResponse()


def decode(entry: TCPAccessLogEntry) -> Connection:
    """Return an entry as plain values."""
    common = entry.common_properties
    client = common.downstream_remote_address.socket_address
    server = common.upstream_remote_address.socket_address
    tls = common.tls_properties
    flags = tuple(field.name for field, _ in common.response_flags.ListFields())
    protocol = common.custom_tags.get(PROTOCOL_TAG, "TCPSSL")
    has_handshake = _has_handshake(entry, protocol, flags)
    is_limited = not has_handshake and OVER_LIMIT in flags
    return Connection(
        client_address=client.address,
        client_port=client.port_value,
        started_at=common.start_time.seconds + common.start_time.nanos / 1e9,
        seconds=common.duration.seconds + common.duration.nanos / 1e9,
        server_name=tls.tls_sni_hostname,
        tls_version=_VERSIONS.get(tls.tls_version, "") if has_handshake else "",
        tls_cipher=_cipher(tls.tls_cipher_suite.value) if has_handshake else "",
        failure="" if has_handshake or is_limited else common.downstream_transport_failure_reason,
        server_failure=common.upstream_transport_failure_reason,
        server=f"{server.address}:{server.port_value}" if server.address else "",
        flags=(RATE_LIMITED,) if is_limited else flags,
        bytes_received=entry.connection_properties.received_bytes,
        bytes_sent=entry.connection_properties.sent_bytes,
        protocol=protocol,
        client_sha256=_said(common.custom_tags, FINGERPRINT_TAG),
        client_certificate=_said(common.custom_tags, CERTIFICATE_TAG),
        client_verdict=_said(common.custom_tags, VERDICT_TAG),
    )


def _has_handshake(entry: TCPAccessLogEntry, protocol: str, flags: Collection[str]) -> bool:
    """Tell whether the handshake was completed.

    The engine names a version and a suite of handshakes that failed, too, and a failure of those that did not (the
    client's reset at the end). What comes after the handshake tells: that a server was looked for, or that there are
    requests. A browser opens connections ahead, of which some never carry one.
    """
    common = entry.common_properties
    if protocol not in READING_REQUESTS:
        return bool(common.upstream_request_attempt_count) or not SOUGHT_IN_VAIN.isdisjoint(flags)
    if entry.connection_properties.received_bytes:
        return True
    is_cut = common.downstream_transport_failure_reason or common.connection_termination_details
    return common.tls_properties.tls_cipher_suite.value in NAMES and not is_cut


def _cipher(number: int) -> str:
    return NAMES.get(number, f"0x{number:04X}")


def _said(tags: Mapping[str, str], tag: str) -> str:
    """Return what the engine filled in, empty where it had nothing."""
    value = tags.get(tag, "")
    return "" if value == "-" else value
