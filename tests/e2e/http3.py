"""A client of HTTP/3 that does one thing after the other, as the tests do."""

import hashlib
import select
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted
from aioquic.tls import SessionTicket
from cryptography.hazmat.primitives.serialization import Encoding

from tests.e2e.clients import HOST, SECONDS


@dataclass
class Answer:
    """What came back for a request."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_complete: bool = False

    @property
    def status(self) -> int:
        return int(self.headers[":status"])


class Http3:
    """One connection, open after its handshake and until it is closed."""

    def __init__(self, port: int, server_name: str | None = None, *, ticket: SessionTicket | None = None) -> None:
        self.tickets: list[SessionTicket] = []
        self._ended: ConnectionTerminated | None = None
        self._is_open = False
        self._answers: dict[int, Answer] = {}
        configuration = QuicConfiguration(
            is_client=True,
            alpn_protocols=H3_ALPN,
            server_name=server_name,
            verify_mode=ssl.CERT_NONE,
            session_ticket=ticket,
        )
        self._quic = QuicConnection(configuration=configuration, session_ticket_handler=self.tickets.append)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((HOST, port))
        self._http = H3Connection(self._quic)
        self._place = self._socket.getpeername()
        self._quic.connect(self._place, now=time.monotonic())
        self._go_on_until(lambda: self._is_open)

    def get(self, path: str = "/", *, host: str = "localhost", **headers: str) -> Answer:
        """Ask for ``path`` and wait for the whole answer."""
        stream = self._quic.get_next_available_stream_id()
        answer = self._answers[stream] = Answer()
        pseudo = {":method": "GET", ":scheme": "https", ":authority": host, ":path": path}
        sent = [(name.encode(), value.encode()) for name, value in {**pseudo, **headers}.items()]
        self._http.send_headers(stream, sent, end_stream=True)
        self._go_on_until(lambda: answer.is_complete)
        return answer

    @property
    def sha256(self) -> str:
        """The fingerprint of the certificate that was served, empty on a resumed session."""
        leaf = self._quic.tls._peer_certificate  # noqa: SLF001  (there is no public way)
        return hashlib.sha256(leaf.public_bytes(Encoding.DER)).hexdigest() if leaf else ""

    @property
    def is_resumed(self) -> bool:
        """Whether the session of an earlier connection was taken up."""
        return self._quic.tls.session_resumed

    def wait_for_ticket(self) -> SessionTicket:
        """Return a ticket by which the session can be resumed."""
        self._go_on_until(lambda: bool(self.tickets))
        return self.tickets[-1]

    def close(self) -> None:
        self._quic.close()
        self._send()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _go_on_until(self, is_done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not is_done():
            self._send()
            self._receive(deadline)
            self._take_events()
            if self._ended is not None:
                raise ConnectionError(self._ended.reason_phrase or f"error {self._ended.error_code:#x}")
            if time.monotonic() > deadline:
                raise TimeoutError
        self._send()

    def _send(self) -> None:
        for data, _place in self._quic.datagrams_to_send(now=time.monotonic()):
            self._socket.send(data)

    def _receive(self, deadline: float) -> None:
        until = min(deadline, self._quic.get_timer() or deadline)
        readable, _, _ = select.select([self._socket], [], [], max(0.0, until - time.monotonic()))
        if readable:
            self._quic.receive_datagram(self._socket.recv(65_536), self._place, now=time.monotonic())
        elif (timer := self._quic.get_timer()) is not None and timer <= time.monotonic():
            self._quic.handle_timer(now=time.monotonic())

    def _take_events(self) -> None:
        while (event := self._quic.next_event()) is not None:
            if isinstance(event, HandshakeCompleted):
                self._is_open = True
            elif isinstance(event, ConnectionTerminated):
                self._ended = event
            for got in self._http.handle_event(event):
                self._take(got)

    def _take(self, got: H3Event) -> None:
        if not isinstance(got, HeadersReceived | DataReceived) or got.stream_id not in self._answers:
            return
        answer = self._answers[got.stream_id]
        if isinstance(got, HeadersReceived):
            answer.headers |= {name.decode(): value.decode() for name, value in got.headers}
        else:
            answer.body += got.data
        answer.is_complete = got.stream_ended


def served(port: int, server_name: str | None = None) -> str:
    """Return the SHA-256 of the leaf that is served over QUIC."""
    with Http3(port, server_name) as connection:
        return connection.sha256
