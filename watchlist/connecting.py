"""A connection to an address outside: tried at each of its IP addresses, read exactly, bounded in size."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from watchlist.dialogues import DialogueError

SECONDS_TO_CONNECT = 5.0  # at each IP address
MOST_ADDRESSES = 4
READ_BYTES = 16_384
# A handshake is a tenth of that even with the longest chain that OpenSSL takes.
MOST_BYTES = 1_000_000


class UnreachableError(Exception):
    """Say that no connection came about: ``code`` is one of watchlist.problems."""

    def __init__(self, code: str, **parameters: str) -> None:
        super().__init__(code)
        self.code, self.parameters = code, parameters


class SocketStream:
    """A connected socket of which no more is handed out than is asked for."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._received = 0

    async def read(self, size: int) -> bytes:
        """Return ``size`` bytes; raise EOFError when the other side closes first."""
        while len(self._buffer) < size:
            self._buffer += await self.read_some()
        return self._take(size)

    async def read_line(self, longest: int) -> bytes:
        """Return a line without its end; raise DialogueError for one that is longer."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > longest:
                raise DialogueError("a line without an end")
            self._buffer += await self.read_some()
        return self._take(end + 1).rstrip(b"\r\n")

    async def read_some(self) -> bytes:
        """Return what comes next from the wire; raise EOFError at the end, or when it is far too much."""
        data = await self._loop.sock_recv(self._sock, READ_BYTES)
        self._received += len(data)
        if not data or self._received > MOST_BYTES:
            raise EOFError
        return data

    def has_more(self) -> bool:
        """Whether the other side has sent more than was asked for."""
        return bool(self._buffer)

    async def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        await self._loop.sock_sendall(self._sock, data)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


@asynccontextmanager
async def connected(host: str, port: int) -> AsyncIterator[SocketStream]:
    """Yield a stream to the first IP address of ``host`` that takes the connection; raise UnreachableError."""
    sock = await _connected_socket(host, port)
    try:
        yield SocketStream(sock)
    finally:
        sock.close()


async def _connected_socket(host: str, port: int) -> socket.socket:
    problem = UnreachableError("name-unknown")
    for family, address in await _addresses(host, port):
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            async with asyncio.timeout(SECONDS_TO_CONNECT):
                await asyncio.get_running_loop().sock_connect(sock, (address, port))
        except TimeoutError:
            problem = UnreachableError("connect-timeout")
        except OSError as error:
            problem = _refusal(error)
        except asyncio.CancelledError:
            sock.close()
            raise
        else:
            return sock
        sock.close()
    raise problem


async def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a name may be well-formed and still be none that a resolver takes
        raise UnreachableError("name-unknown") from None
    return [(family, str(place[0])) for family, _kind, _protocol, _name, place in found[:MOST_ADDRESSES]]


def _refusal(error: OSError) -> UnreachableError:
    if error.errno == errno.ECONNREFUSED:
        return UnreachableError("connect-refused")
    return UnreachableError("connect-failed", reason=os.strerror(error.errno).lower() if error.errno else str(error))
