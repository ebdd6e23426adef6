"""A real QUIC handshake that says which certificate was served, as ``dataplane.handshake`` does over TCP."""

import asyncio
import hashlib
import os
import socket
import ssl
import time

from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted
from cryptography.hazmat.primitives.serialization import Encoding

from dataplane.handshake import Handshake, Source

HTTP3 = "h3"
NO_ERROR = 0x100  # H3_NO_ERROR (RFC 9114, section 8.1)
READ_BYTES = 65_536


async def shake_hands_over_quic(place: Source, server_name: str, *, seconds: float = 2.0) -> Handshake:
    """Connect to ``place``, ask for ``server_name`` (empty: no SNI) and return what was served. Never raises."""
    started = time.perf_counter()
    attempt = _Attempt(place, server_name)
    error = ""
    try:
        async with asyncio.timeout(seconds):
            with _connected_socket(place) as sock:
                error = await attempt.run(sock)
    except TimeoutError:
        error = f"no answer within {seconds:g} s"
    except OSError as failure:
        error = os.strerror(failure.errno).lower() if failure.errno else str(failure)
    return Handshake(attempt.sha256(), (time.perf_counter() - started) * 1000, error=error)


def _connected_socket(place: Source) -> socket.socket:
    """Return a socket that learns at once when nobody listens."""
    sock = socket.socket(socket.AF_INET6 if ":" in place[0] else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.connect(place)
    except OSError:
        sock.close()
        raise
    return sock


class _Attempt:
    """One handshake, and its end as soon as it is completed."""

    def __init__(self, place: Source, server_name: str) -> None:
        self._place = place
        configuration = QuicConfiguration(
            is_client=True,
            alpn_protocols=[HTTP3],
            server_name=server_name or None,
            verify_mode=ssl.CERT_NONE,  # the fingerprint is compared instead
        )
        self._connection = QuicConnection(configuration=configuration)

    async def run(self, sock: socket.socket) -> str:
        """Complete the handshake and close; return why it failed, empty when it did not."""
        loop = asyncio.get_running_loop()
        self._connection.connect(self._place, now=loop.time())
        error = None
        while error is None:
            await self._send(sock)
            await self._receive(sock)
            error = self._verdict()
        self._connection.close(error_code=NO_ERROR)
        await self._send(sock)
        return error

    async def _send(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        for data, _place in self._connection.datagrams_to_send(now=loop.time()):
            await loop.sock_sendall(sock, data)

    async def _receive(self, sock: socket.socket) -> None:
        """Take what comes until the connection wants to repeat what was lost."""
        loop = asyncio.get_running_loop()
        timer = self._connection.get_timer()
        try:
            async with asyncio.timeout_at(timer):
                data = await loop.sock_recv(sock, READ_BYTES)
        except TimeoutError:
            self._connection.handle_timer(now=loop.time())
        else:
            self._connection.receive_datagram(data, self._place, now=loop.time())

    def _verdict(self) -> str | None:
        """Return None while the handshake goes on."""
        while (event := self._connection.next_event()) is not None:
            if isinstance(event, HandshakeCompleted):
                return ""
            if isinstance(event, ConnectionTerminated):
                return event.reason_phrase or f"closed with QUIC error {event.error_code:#x}"
        return None

    def sha256(self) -> str:
        """Return the fingerprint of the leaf that was received, in lower-case hexadecimal; empty without one."""
        # The library has no public way to what it was shown.
        leaf = self._connection.tls._peer_certificate if hasattr(self._connection, "tls") else None  # noqa: SLF001
        return hashlib.sha256(leaf.public_bytes(Encoding.DER)).hexdigest() if leaf else ""
