"""Servers on loopback that show a certificate, some after a dialogue in plain text."""

import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from tests.certs import Issued
from tests.waiting import free_port

Talk = Callable[[socket.socket], bool]  # the dialogue; False when no TLS follows
SECONDS = 10


def server_context(issued: Issued, chain_pem: bytes | None = None) -> ssl.SSLContext:
    """Return a context that shows ``issued`` with its chain, or with what is given instead."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "server.pem"
        file.write_bytes(issued.key_pem + (chain_pem or issued.chain_pem))
        context.load_cert_chain(file)
    return context


@contextmanager
def tls_server(context: ssl.SSLContext, talk: Talk = lambda sock: True) -> Iterator[tuple[int, list[str | None]]]:
    """Run a server that talks, then shakes hands; yield its port and the names that it is asked for."""
    asked: list[str | None] = []
    context.sni_callback = lambda _tls, name, _context: asked.append(name)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listening, context, talk))
    thread.start()
    try:
        yield listening.getsockname()[1], asked
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def _serve(listening: socket.socket, context: ssl.SSLContext, talk: Talk) -> None:
    while True:
        try:
            sock, _place = listening.accept()
        except OSError:
            return  # the test is over
        with sock, suppress(OSError):
            sock.settimeout(SECONDS)
            if talk(sock):
                with context.wrap_socket(sock, server_side=True) as tls:
                    tls.recv(1)


@contextmanager
def smtp_server(context: ssl.SSLContext) -> Iterator[int]:
    """Run aiosmtpd, which offers STARTTLS; yield its port."""
    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port(), tls_context=context, ready_timeout=SECONDS)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def imap(sock: socket.socket) -> bool:
    """Greet, and go on to TLS when asked (RFC 3501)."""
    sock.sendall(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
    tag, command = sock.recv(100).split()
    if command != b"STARTTLS":
        return False
    sock.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK begin TLS\r\n")
    return True


def ldap(sock: socket.socket) -> bool:
    """Answer StartTLS with success (RFC 4511)."""
    request = sock.recv(100)
    if b"1.3.6.1.4.1.1466.20037" not in request:
        return False
    message_id = request[2:5]
    response = b"\x0a\x01\x00\x04\x00\x04\x00"  # success, no matched name, no words
    content = message_id + b"\x78" + bytes([len(response)]) + response
    sock.sendall(b"\x30" + bytes([len(content)]) + content)
    return True


def refusing_ldap(sock: socket.socket) -> bool:
    """Answer StartTLS with result code 52, unavailable, its lengths in the long form."""
    request = sock.recv(100)
    response = b"\x0a\x01\x34\x04\x00\x04\x00"
    content = request[2:5] + b"\x78\x84\x00\x00\x00" + bytes([len(response)]) + response
    sock.sendall(b"\x30\x84\x00\x00\x00" + bytes([len(content)]) + content)
    return False


def postgresql(sock: socket.socket) -> bool:
    """Answer SSLRequest with yes."""
    if sock.recv(8) != bytes.fromhex("0000000804d2162f"):
        return False
    sock.sendall(b"S")
    return True


def saying(*answers: bytes) -> Talk:
    """Return a dialogue that says this, a part each time the other side has spoken (the first at once)."""

    def talk(sock: socket.socket) -> bool:
        for answer in answers:
            sock.sendall(answer)
            if not sock.recv(1000):
                return False
        return False

    return talk
