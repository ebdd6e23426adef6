"""Small servers on loopback: one that answers as it is told, and one that stands in front of another."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


@dataclass
class Answer:
    """What a server says."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[str, str, bytes, dict[str, str]], Answer]


@contextmanager
def serving(handler: Handler, port: int = 0) -> Iterator[str]:
    """Serve HTTP on loopback with ``handler(method, path, body, headers)``; yield the address."""

    class Request(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = handler(self.command, self.path, body, dict(self.headers.items()))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_POST = do_HEAD = answer  # noqa: N815  # names of the library

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Request) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def forwarded(port: int, console: str) -> Iterator[None]:
    """Forward port 80, as Pebble sees it, to the console."""

    def forward(method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        answer = httpx.get(f"{console}{path}", headers={"Host": headers["Host"]})
        return Answer(answer.status_code, answer.content)

    with serving(forward, port):
        yield


def upstream(ca_pem: str) -> httpx.Client:
    """Return a client of a server behind."""
    return httpx.Client(verify=ssl.create_default_context(cadata=ca_pem), timeout=30)
