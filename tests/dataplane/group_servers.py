"""Servers of a group that tell who they are: by HTTP, by HTTPS, by gRPC, by UDP."""

import contextlib
import socketserver
import ssl
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc

from tests.certs import Issued
from tests.waiting import running_thread

SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"  # grpc.health.v1.HealthCheckResponse


class NamedServer(ThreadingHTTPServer):
    """A server that answers with its port; "/health" is answered with ``code``, "/login" sets cookies."""

    daemon_threads = True

    def __init__(self, identity: Issued | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.code = 200
        self.cookies: list[str | None] = []  # as they reached the server
        self.headers: list[str] = []
        if identity is not None:
            self.socket = _server_context(identity).wrap_socket(self.socket, server_side=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of handshakes that are refused: that is what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: NamedServer

    def do_GET(self) -> None:
        body = str(self.server.port).encode()
        self.send_response(self.server.code if self.path == "/health" else 200)
        if self.path == "/login":
            self.send_header("Set-Cookie", "JSESSIONID=abc; Path=/; HttpOnly")
            self.send_header("Set-Cookie", "theme=dark")
            self.server.cookies.append(self.headers.get("Cookie"))
            self.server.headers = [name.lower() for name in self.headers]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Keep the output of tests clean."""


def _server_context(identity: Issued) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as directory:
        certificate, key = Path(directory, "crt"), Path(directory, "key")
        certificate.write_bytes(identity.chain_pem)
        key.write_bytes(identity.key_pem)
        context.load_cert_chain(certificate, key)
    return context


@contextlib.contextmanager
def named_server(identity: Issued | None = None) -> Iterator[NamedServer]:
    """Run a server until the block ends; with an identity it speaks TLS."""
    server = NamedServer(identity)
    with running_thread(lambda: server.serve_forever(0.02), server.shutdown):
        yield server
    server.server_close()


@contextlib.contextmanager
def grpc_server(answer: list[bytes]) -> Iterator[int]:
    """Run a gRPC server whose health service answers ``answer[0]``; yield its port."""

    def check(request: bytes, context: grpc.ServicerContext) -> bytes:
        return answer[0]

    handler: Any = grpc.unary_unary_rpc_method_handler(check)
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait()


@contextlib.contextmanager
def udp_server() -> Iterator[int]:
    """Run a server that answers each datagram with its port; yield the port."""
    server = socketserver.UDPServer(("127.0.0.1", 0), _Datagrams)
    with server, running_thread(lambda: server.serve_forever(0.02), server.shutdown):
        yield int(server.server_address[1])


class _Datagrams(socketserver.DatagramRequestHandler):
    def handle(self) -> None:
        self.wfile.write(str(self.request[1].getsockname()[1]).encode())
