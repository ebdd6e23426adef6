"""Clients that show all of an answer, and those that behave badly."""

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.dataplane.envoy import client_context


@dataclass(frozen=True)
class Answer:
    """An answer, its headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def seen(self) -> dict[str, Any]:
        """What the server says that it was asked."""
        return dict(json.loads(self.body))

    @property
    def request_headers(self) -> dict[str, str]:
        """The headers that reached the server."""
        return dict(self.seen["headers"])


def open_connection(port: int, *, tls: ssl.SSLContext | None = None, timeout: float = 30) -> http.client.HTTPConnection:
    """Return a client that keeps its connection."""
    if tls is None:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=tls)


def ask(
    port: int,
    path: str = "/",
    *,
    method: str = "GET",
    tls: bool = False,
    body: bytes | None = None,
    connection: http.client.HTTPConnection | None = None,
    **headers: str,
) -> Answer:
    """Make one request; underscores in the names of headers are dashes."""
    client = connection or open_connection(port, tls=client_context() if tls else None)
    try:
        client.request(
            method, path, body=body, headers={key.replace("_", "-"): value for key, value in headers.items()}
        )
        answer = client.getresponse()
        return Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
    finally:
        if connection is None:
            client.close()


def raw(port: int, data: bytes, timeout: float = 30) -> bytes:
    """Send bytes, and return all that comes until the end of the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as client:
        client.sendall(data)
        received = b""
        while piece := client.recv(65536):
            received += piece
        return received


def is_turned_away(port: int) -> bool:
    """Tell whether a connection is closed before a request is answered on it."""
    try:
        return raw(port, b"GET / HTTP/1.0\r\n\r\n") == b""
    except ConnectionError:
        return True


@dataclass
class Load:
    """Requests that clients make until they are told to stop."""

    answers: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@contextlib.contextmanager
def under_load(make: Callable[[], int], clients: int = 4) -> Iterator[Load]:
    """Call ``make``, which returns a status, again and again from several threads until the block ends."""
    load, stop = Load(), threading.Event()

    def run() -> None:
        while not stop.is_set():
            try:
                load.answers.append(make())
            except (OSError, http.client.HTTPException) as error:
                load.failures.append(repr(error))

    threads = [threading.Thread(target=run) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        stop.set()
        for thread in threads:
            thread.join()
