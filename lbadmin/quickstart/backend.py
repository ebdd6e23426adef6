"""The sample's backend: a small HTTP server that answers every request with one page.

``python backend.py PORT`` serves on 127.0.0.1. It uses the standard library alone.
"""

import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType

PAGE = """\
This answer came through your lbadmin TCPSSL listener: it ended TLS with the certificate that the console stores,
and passed the plain stream to this backend.

{method} {path}
from {client}
"""


class Handler(BaseHTTPRequestHandler):
    """Answer GET and HEAD."""

    protocol_version = "HTTP/1.1"
    server_version = "lbadmin-sample"
    sys_version = ""
    timeout = 60

    def do_GET(self) -> None:
        """Answer with the page."""
        client = f"{self.client_address[0]}:{self.client_address[1]}"
        body = PAGE.format(method=self.command, path=self.path, client=client).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Keep no access log: health checks would fill it."""


class Server(ThreadingHTTPServer):
    """One daemon thread a connection."""

    daemon_threads = True
    request_queue_size = 128


def main(port: int) -> None:
    """Serve until SIGTERM."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    with Server(("127.0.0.1", port), Handler) as server:
        print(f"the sample's backend listens on 127.0.0.1:{port}", flush=True)  # noqa: T201 - its log
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
