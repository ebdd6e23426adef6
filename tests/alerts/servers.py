"""Real receivers: an HTTP server and an SMTP server on loopback that keep what they get and answer as told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.waiting import free_port


@dataclass
class Posted:
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """An HTTP server; ``answer`` decides what it does with a request whose body has arrived."""

    url: str = ""
    requests: list[Posted] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler], None] = lambda handler: answer_with(handler, 204)

    @property
    def ids(self) -> list[str]:
        """The webhook-id of each request."""
        return [request.headers["webhook-id"] for request in self.requests]


def answer_with(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    """Answer a request and close the connection."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def status(code: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return an answer that is always the same."""
    return lambda handler: answer_with(handler, code, body, **headers)


@contextmanager
def http_receiver() -> Iterator[Receiver]:
    """Run a receiver for as long as the block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.requests.append(Posted(self.path, headers, body))
            try:
                receiver.answer(self)
            except OSError:
                self.close_connection = True  # the sender is gone, as some tests want it

        do_GET = do_PUT = do_POST  # noqa: N815  # the names are http.server's

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mailbox:
    """An SMTP server; ``on_rcpt`` and ``on_data`` answer for it, None is its usual yes."""

    host: str = "127.0.0.1"
    port: int = 0
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    on_rcpt: Callable[[str], str | None] = lambda address: None
    on_data: Callable[[], str | None] = lambda: None

    async def handle_RCPT(  # noqa: N802  # the names are aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.on_rcpt(address)
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        parsed = message_from_bytes(content, policy=policy.default)
        refusal = self.on_data()
        if refusal is None or refusal.startswith("250"):
            self.mails.append((list(envelope.rcpt_tos), parsed))
        if refusal == "drop":
            assert server.transport is not None
            server.transport.close()
            return "421 gone"
        return refusal or "250 OK"


@contextmanager
def smtp_server(**options: Any) -> Iterator[Mailbox]:
    """Run an SMTP server for as long as the block; ``options`` are aiosmtpd's."""
    mailbox = Mailbox()
    # The controller probes the port that it was given, so that 0 would not do.
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), ready_timeout=10, **options)
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        controller.stop()


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Answer one byte at a time, each soon enough for a timeout that is only between reads."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b".")
        handler.wfile.flush()
        time.sleep(0.1)
