"""Clients: handshakes, requests and connections that last, with and without certificates."""

import contextlib
import hashlib
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.certs import Issued

HOST = "127.0.0.1"
SECONDS = 60.0


def context(client: Issued | None = None) -> ssl.SSLContext:
    """Return a context that trusts anything, with a client certificate if one is given."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if client:
        descriptor = os.memfd_create("client")
        os.write(descriptor, client.key_pem + client.chain_pem)
        made.load_cert_chain(f"/proc/self/fd/{descriptor}")
        os.close(descriptor)
    return made


def connect(
    port: int,
    server_name: str | None = None,
    *,
    client: Issued | None = None,
    made: ssl.SSLContext | None = None,
    session: ssl.SSLSession | None = None,
) -> ssl.SSLSocket:
    """Return an open TLS connection."""
    raw = socket.create_connection((HOST, port), SECONDS)
    try:
        return (made or context(client)).wrap_socket(raw, server_hostname=server_name, session=session)
    except BaseException:
        raw.close()
        raise


def served(port: int, server_name: str | None = None, *, client: Issued | None = None) -> str:
    """Return the SHA-256 of the leaf that is served."""
    with connect(port, server_name, client=client) as connection:
        return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()


def echo(connection: ssl.SSLSocket, text: bytes = b"hello") -> bool:
    """Send a text and tell whether the backend sent it back."""
    connection.sendall(text)
    received = b""
    while len(received) < len(text):
        data = connection.recv(len(text) - len(received))
        if not data:
            return False
        received += data
    return received == text


def round_trip(port: int, server_name: str | None = None, *, client: Issued | None = None) -> bool:
    """Connect, have a text echoed, and close."""
    with connect(port, server_name, client=client) as connection:
        return echo(connection)


def refusal(port: int, *, client: Issued | None = None) -> str:
    """Return why the listener refuses a client, empty when it does not.

    TLS 1.3 tells it only after the handshake. Nothing is sent before: an unread byte would turn it into a reset.
    """
    try:
        with connect(port, client=client) as connection:
            return _late_refusal(connection)
    except ssl.SSLError as error:
        return error.reason or str(error)


def _late_refusal(connection: ssl.SSLSocket) -> str:
    connection.settimeout(0.2)
    try:
        connection.recv(1)
    except TimeoutError:
        connection.settimeout(SECONDS)
        return "" if echo(connection) else "closed"
    return "closed"


def openssl(port: int, *arguments: str, text: bytes = b"") -> str:
    """Return what ``openssl s_client`` says of a handshake."""
    command = ["openssl", "s_client", "-connect", f"{HOST}:{port}", *arguments]
    done = subprocess.run(command, input=text, capture_output=True, timeout=SECONDS, check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


@dataclass
class Load:
    """Clients that connect one after the other, and count what fails."""

    port: int
    server_name: str | None = None
    succeeded: int = 0
    failures: list[str] = field(default_factory=list)
    fingerprints: set[str] = field(default_factory=set)

    def once(self) -> None:
        """Make one connection with one round trip."""
        try:
            with connect(self.port, self.server_name) as connection:
                certificate = connection.getpeercert(binary_form=True) or b""
                if not echo(connection):
                    raise ConnectionResetError("closed in the round trip")
        except OSError as error:
            self.failures.append(repr(error))
        else:
            self.succeeded += 1
            self.fingerprints.add(hashlib.sha256(certificate).hexdigest())


@contextlib.contextmanager
def running(load: Load) -> Iterator[None]:
    """Keep connecting in the background until the block ends."""
    stop = threading.Event()

    def go() -> None:
        while not stop.wait(0.01):
            load.once()

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def half_open(port: int) -> socket.socket:
    """Return a connection that says nothing."""
    return socket.create_connection((HOST, port), SECONDS)


def half_hello(port: int) -> socket.socket:
    """Return a connection that stopped in the middle of its hello."""
    made = half_open(port)
    made.sendall(bytes.fromhex("16030100c8010000c40303"))
    return made


def is_closed(connection: socket.socket) -> bool:
    """Tell whether the other side has closed."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        with contextlib.suppress(OSError):
            connection.setblocking(True)
