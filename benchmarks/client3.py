"""The client of HTTP/3: connections with one small request each, or all requests on one; prints requests per second.

It is written in Python, so the rate is its own limit. What the proxy spends on each is not.
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent

CLIENTS = 8
STREAMS = 8  # requests at a time on one connection
REQUEST = ((b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"localhost"), (b":path", b"/small"))


class Http3(QuicConnectionProtocol):
    """A connection that asks for the small page."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._http: H3Connection | None = None
        self._answers: dict[int, asyncio.Future[None]] = {}

    async def ask(self) -> None:
        """Send one request and wait for its whole answer; raise unless it is 200."""
        self._http = self._http or H3Connection(self._quic)
        stream = self._quic.get_next_available_stream_id()
        answer = self._answers[stream] = asyncio.get_running_loop().create_future()
        self._http.send_headers(stream, list(REQUEST), end_stream=True)
        self.transmit()
        await answer
        del self._answers[stream]

    def quic_event_received(self, event: QuicEvent) -> None:
        """Take what came; called by the library."""
        self._http = self._http or H3Connection(self._quic)
        for got in self._http.handle_event(event):
            answer = self._answers.get(getattr(got, "stream_id", -1))
            if answer is None or answer.done():
                continue
            if isinstance(got, HeadersReceived) and (b":status", b"200") not in got.headers:
                answer.set_exception(RuntimeError(f"The proxy answered {got.headers}."))
            elif getattr(got, "stream_ended", False):
                answer.set_result(None)


def main() -> None:
    """Ask ``count`` times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--kept", action="store_true", help="on one connection, not one for each")
    options = parser.parse_args()
    begin = time.perf_counter()
    turns = iter(range(options.count))
    asyncio.run(_on_one(options.port, turns) if options.kept else _on_many(options.port, turns))
    print(options.count / (time.perf_counter() - begin))


async def _on_many(port: int, turns: Iterator[int]) -> None:
    async def go() -> None:
        for _ in turns:
            async with _connected(port) as connection:
                await connection.ask()

    await asyncio.gather(*(go() for _ in range(CLIENTS)))


async def _on_one(port: int, turns: Iterator[int]) -> None:
    async def go(connection: Http3) -> None:
        for _ in turns:
            await connection.ask()

    async with _connected(port) as connection:
        await asyncio.gather(*(go(connection) for _ in range(STREAMS)))


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[Http3]:
    async with connect("127.0.0.1", port, configuration=_configuration(), create_protocol=Http3) as connection:
        yield cast("Http3", connection)


def _configuration() -> QuicConfiguration:
    return QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE, server_name="localhost")


if __name__ == "__main__":
    main()
