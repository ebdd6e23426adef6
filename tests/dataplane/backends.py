"""Servers that answer requests well, badly, late, or not at all."""

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class HttpBackend(ThreadingHTTPServer):
    """A server that notes what it was asked; what it answers depends on the path."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []  # method and path
        self.open: set[socket.socket] = set()
        self.release = threading.Event()  # what "/hang" waits for

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def die(self) -> None:
        """Refuse everything from now on, and break what is open, as a machine that loses power."""
        self.socket.close()
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                connection.shutdown(socket.SHUT_RDWR)
        self.shutdown()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that ended: that is what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HttpBackend

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(f"{self.command} {self.path}")
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        answer = getattr(self, "answer_" + url.path.strip("/").partition("/")[0], None)
        if answer is None:
            self.answer_echo(query, body)
        else:
            answer(query, body)

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815

    def answer_echo(self, query: dict[str, str], body: bytes) -> None:
        """What was asked, as the server saw it."""
        seen = {
            "method": self.command,
            "path": self.path,
            "version": self.request_version,
            "headers": [[key.lower(), value] for key, value in self.headers.items()],
            "bytes": len(body),
            "port": self.server.port,
        }
        self.respond(json.dumps(seen).encode(), {"X-Server": "one", "Server": "made-by-hand/1"})

    def answer_page(self, query: dict[str, str], body: bytes) -> None:
        """A text of so many bytes."""
        headers = {"Content-Type": query["type"]}
        if "etag" in query:
            headers["ETag"] = f'"{query["etag"]}"'
        self.respond(b"lorem ipsum dolor " * (int(query["bytes"]) // 18 + 1), headers, int(query["bytes"]))

    def answer_slow(self, query: dict[str, str], body: bytes) -> None:
        """Five pieces, each after so many seconds."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (b"1", b"2", b"3", b"4", b"5", b""):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
            time.sleep(float(query["seconds"]) if piece else 0)

    def answer_late(self, query: dict[str, str], body: bytes) -> None:
        """An answer after a moment."""
        time.sleep(0.01)
        self.answer_echo(query, body)

    def answer_hang(self, query: dict[str, str], body: bytes) -> None:
        """Nothing, until the test is over."""
        self.server.release.wait(30)
        self.close_connection = True

    def answer_break(self, query: dict[str, str], body: bytes) -> None:
        """A reset in place of an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close_connection = True

    def answer_half(self, query: dict[str, str], body: bytes) -> None:
        """The first bytes of more, then the end."""
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"begun")
        self.close_connection = True

    def answer_garbage(self, query: dict[str, str], body: bytes) -> None:
        """No HTTP."""
        self.wfile.write(b"\x00\xff\xfe nothing that anyone understands \r\n\r\n")
        self.close_connection = True

    def answer_old(self, query: dict[str, str], body: bytes) -> None:
        """As servers answered before HTTP/1.1: without a length, ended by the connection."""
        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold but good")
        self.close_connection = True

    def respond(self, body: bytes, headers: dict[str, str], length: int | None = None) -> None:
        body = body[:length]
        lines = [f"{name}: {value}" for name, value in {"Content-Length": str(len(body)), **headers}.items()]
        head = "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode()
        self.wfile.write(head if self.command == "HEAD" else head + body)  # at once: nobody sees half of it

    def log_message(self, *args: object) -> None:
        """Keep the output of tests clean."""


@contextlib.contextmanager
def http_backend() -> Iterator[HttpBackend]:
    """Run a server until the block ends."""
    backend = HttpBackend()
    thread = threading.Thread(target=backend.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield backend
    finally:
        backend.release.set()
        backend.shutdown()
        backend.socket.close()
        thread.join()
