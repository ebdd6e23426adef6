"""A receiver of webhooks that does as little as can be: it counts the ids that arrive and answers 204."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

_ID = re.compile(rb"\r\nwebhook-id: ([^\r]+)", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
ANSWER = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"


class Receiver:
    """Run on a loopback port in a thread of its own for as long as the block; ``ids`` counts what arrived."""

    def __init__(self) -> None:
        self.ids: Counter[bytes] = Counter()
        self.port = 0
        self.first = self.last = 0.0  # when the first and the newest new message arrived
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _serve(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._take, "127.0.0.1", 0, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        found = _ID.search(head)
        if found:
            self._count(found[1])
        writer.write(ANSWER)
        writer.close()

    def _count(self, key: bytes) -> None:
        now = time.monotonic()
        self.first = self.first or now
        if not self.ids[key]:
            self.last = now
        self.ids[key] += 1
