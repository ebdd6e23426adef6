"""Requests as any client could write them, and a server that tells what of them arrived."""

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.certs import Issued
from tests.e2e.clients import HOST, SECONDS, connect

Headers = list[tuple[str, str]]


class _Telling(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the headers that arrived, as they are spelled."""
        body = json.dumps(self.headers.items()).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's name)
        """Stay silent."""


@contextmanager
def telling_server() -> Iterator[int]:
    """Run a server on loopback that answers with the headers of each request; yield its port."""
    with ThreadingHTTPServer((HOST, 0), _Telling) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def request(sent: Sequence[tuple[str, str]], path: str = "/") -> bytes:
    """Return a request with exactly these headers, as it goes over the wire."""
    lines = [f"GET {path} HTTP/1.1", "Host: a.test", *(f"{name}: {value}" for name, value in sent)]
    return "\r\n".join([*lines, "", ""]).encode()


def headers_of(connection: ssl.SSLSocket) -> Headers:
    """Read one answer from a connection that stays open, and return the headers that the server got."""
    response = HTTPResponse(connection)
    response.begin()
    assert response.status == 200
    return [(name.lower(), value) for name, value in json.loads(response.read())]


def answer(port: int, sent: Sequence[tuple[str, str]] = (), *, client: Issued | None = None, path: str = "/") -> bytes:
    """Send a request over TLS with exactly these headers, and return the whole answer."""
    with connect(port, client=client) as connection:
        connection.sendall(request([*sent, ("Connection", "close")], path))
        received = b""
        while data := connection.recv(65536):
            received += data
    return received


def told(port: int, sent: Sequence[tuple[str, str]] = (), *, client: Issued | None = None, path: str = "/") -> Headers:
    """Send a request over TLS with exactly these headers, and return the headers that the server got."""
    head, _, body = answer(port, sent, client=client, path=path).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    return [(name.lower(), value) for name, value in json.loads(body)]


def told_over_http2(port: int, sent: Headers, directory: Path, client: Issued) -> Headers:
    """Do the same over HTTP/2, by curl."""
    certificate = directory / "client.pem"
    certificate.write_bytes(client.chain_pem + client.key_pem)
    headers = [word for name, value in sent for word in ("-H", f"{name}: {value}")]
    command = ["curl", "--silent", "--insecure", "--http2", "--cert", str(certificate), *headers]
    answer = subprocess.run(
        [*command, "--write-out", "\n%{http_version}", f"https://{HOST}:{port}/"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    body, _, version = answer.stdout.rpartition("\n")
    assert version == "2"
    return [(name.lower(), value) for name, value in json.loads(body)]


def values(headers: Headers, name: str) -> list[str]:
    """Return every value under a name, whatever servers make of the characters between its words."""
    return [value for spelled, value in headers if _plain(spelled) == _plain(name)]


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())
