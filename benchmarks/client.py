"""The client of the handshakes: connect, ask for a small page, close; print how many sessions were resumed.

A program of its own, because OpenSSL reads what to offer (``client.cnf``) once, when it is loaded.
"""

from __future__ import annotations

import argparse
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

REQUEST = b"GET /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
CLIENTS = 16  # enough to keep a proxy from going to sleep between two connections
CIPHER = "TLS_AES_256_GCM_SHA384"


def main() -> None:
    """Connect ``count`` times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--resumed", action="store_true", help="with the session of a first connection")
    options = parser.parse_args()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    session = _connect(options.port, context, None)[0] if options.resumed else None
    with ThreadPoolExecutor(CLIENTS) as clients:
        print(sum(clients.map(lambda _: _connect(options.port, context, session)[1], range(options.count))))


def _connect(port: int, context: ssl.SSLContext, session: ssl.SSLSession | None) -> tuple[ssl.SSLSession | None, bool]:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost", session=session) as stream,
    ):
        agreed = stream.cipher()
        if agreed is None or agreed[0] != CIPHER:
            raise RuntimeError(f"The proxy chose {agreed}, not {CIPHER}: the figures could not be compared.")
        stream.sendall(REQUEST)
        while stream.recv(65_536):
            pass
        return stream.session, bool(stream.session_reused)


if __name__ == "__main__":
    main()
