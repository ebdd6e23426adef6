"""A real web server on loopback that publishes a revocation list, well or badly."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class ListServer(ThreadingHTTPServer):
    """Answer every question as ``answer`` does; keep the headers of each."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: Answer = lambda handler: None
        self.asked: list[dict[str, str]] = []

    def address(self, path: str = "/clients.crl") -> str:
        """Return the address of ``path`` here."""
        return f"http://127.0.0.1:{self.server_port}{path}"

    def publish(self, der: bytes, **headers: str) -> None:
        """Give ``der`` from now on; a client that names its ETag again is told that nothing changed."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            if headers.get("etag") and handler.headers["if-none-match"] == headers["etag"]:
                _send(handler, 304, b"")
            else:
                _send(handler, 200, der, **headers)

        self.answer = answer

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Give this answer from now on."""
        self.answer = lambda handler: _send(handler, status, body, **headers)


class _Handler(BaseHTTPRequestHandler):
    server: ListServer

    def do_GET(self) -> None:
        self.server.asked.append({key.lower(): value for key, value in self.headers.items()})
        self.server.answer(self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the tests' output clean."""


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def running_server() -> Iterator[ListServer]:
    """Run a server until the block ends."""
    with ListServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
