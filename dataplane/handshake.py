"""A real TLS handshake that says which certificate was served. It trusts nothing and asks to be trusted by nobody."""

import asyncio
import datetime as dt
import hashlib
import os
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CLIENT_CERTIFICATE_LIFE = dt.timedelta(hours=6)
VERDICT_SECONDS = 1.0  # how long to wait for a refusal of the client certificate
HANDSHAKE_RECORD, CERTIFICATE_MESSAGE = 22, 11
READ_BYTES = 65_536

Source = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Handshake:
    """What came back: the leaf's SHA-256 (empty: none), and whether our own client certificate was refused."""

    sha256: str
    milliseconds: float
    is_refused: bool = False
    error: str = ""


def client_context() -> ssl.SSLContext:
    """Return a context with a throwaway client certificate, signed by itself and known to no listener.

    Under mutual authentication the listener refuses it. That is intended: the server certificate arrives before the
    refusal (TLS 1.2 and 1.3 both send it first), so nothing has to be added to what listeners trust, and the refusal
    itself shows that strangers do not get in. The key lives in memory only.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the fingerprint is compared instead
    # As old as the oldest client that a policy may be for: what is asked is the certificate, not how it is sealed.
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    descriptor = os.memfd_create("probe")
    try:
        os.write(descriptor, _throwaway_certificate())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
    return context


def _throwaway_certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lbadmin served receipt")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
    certificate = (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + CLIENT_CERTIFICATE_LIFE)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key_pem + certificate.public_bytes(serialization.Encoding.PEM)


async def shake_hands(
    place: Source,
    server_name: str,
    *,
    context: ssl.SSLContext,
    wait_for_verdict: bool,
    announce: Callable[[Source], None],
    seconds: float = 5.0,
) -> Handshake:
    """Connect to ``place``, ask for ``server_name`` (empty: no SNI) and return what was served. Never raises.

    ``announce`` is told the address and port that the connection comes from, before it is made.
    """
    started = time.perf_counter()
    attempt = _Attempt(context, server_name)
    try:
        async with asyncio.timeout(seconds):
            with _bound_socket(place) as sock:
                announce(sock.getsockname()[:2])
                await asyncio.get_running_loop().sock_connect(sock, place)
                await attempt.run(sock)
                milliseconds = (time.perf_counter() - started) * 1000
                refused = await attempt.is_refused(sock) if wait_for_verdict else False
                return Handshake(attempt.sha256(), milliseconds, refused)
    except TimeoutError:
        error = f"no answer within {seconds:g} s"
    except (OSError, ssl.SSLError) as failure:
        error = _words(failure)
    milliseconds = (time.perf_counter() - started) * 1000
    served = attempt.sha256()
    return Handshake(served, milliseconds, attempt.was_alerted and bool(served), error)


def _bound_socket(place: Source) -> socket.socket:
    """Return a socket whose source address is known before it connects."""
    family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.bind((place[0], 0))
    except OSError:
        sock.close()
        raise
    return sock


class _Attempt:
    """One handshake over memory buffers, which keep what a refused handshake has already brought."""

    def __init__(self, context: ssl.SSLContext, server_name: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name or None)
        self._received = bytearray()
        self._leaf: bytes | None = None
        self.was_alerted = False

    async def run(self, sock: socket.socket) -> None:
        """Complete the handshake or raise; an alert of the server is remembered."""
        await self._do(sock, self._tls.do_handshake)
        self._leaf = self._tls.getpeercert(binary_form=True)
        await self._flush(sock)

    async def is_refused(self, sock: socket.socket) -> bool:
        """Tell whether the server refuses the client certificate; in TLS 1.3 that comes after the handshake."""
        try:
            async with asyncio.timeout(VERDICT_SECONDS):
                await self._do(sock, lambda: self._tls.read(1))
        except TimeoutError:
            return False
        except (OSError, ssl.SSLError):
            return self.was_alerted
        return False

    async def _do(self, sock: socket.socket, step: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                step()
            except ssl.SSLWantReadError:
                await self._flush(sock)
            except ssl.SSLError as error:
                self.was_alerted = "ALERT" in (error.reason or "")
                raise
            else:
                return
            data = await loop.sock_recv(sock, READ_BYTES)
            if not data:
                raise ConnectionResetError("the listener closed the connection during the handshake")
            self._received += data
            self._incoming.write(data)

    async def _flush(self, sock: socket.socket) -> None:
        if data := self._outgoing.read():
            await asyncio.get_running_loop().sock_sendall(sock, data)

    def sha256(self) -> str:
        """Return the fingerprint of the leaf that was received, in lower-case hexadecimal; empty without one."""
        leaf = self._leaf or leaf_of(bytes(self._received))
        return hashlib.sha256(leaf).hexdigest() if leaf else ""


def leaf_of(received: bytes) -> bytes | None:
    """Return the leaf's DER from the records of an unfinished TLS 1.2 handshake (RFC 5246, sections 6.2.1, 7.4.2)."""
    messages = bytearray()
    while len(received) > 5 and received[0] == HANDSHAKE_RECORD:  # noqa: PLR2004  (type, version, length)
        length = int.from_bytes(received[3:5], "big")
        messages += received[5 : 5 + length]
        received = received[5 + length :]
    while len(messages) >= 4:  # noqa: PLR2004  (type, length)
        length = int.from_bytes(messages[1:4], "big")
        if messages[0] == CERTIFICATE_MESSAGE and len(messages) >= 4 + length:
            size = int.from_bytes(messages[7:10], "big")
            return bytes(messages[10 : 10 + size]) or None
        del messages[: 4 + length]
    return None


def _words(failure: OSError) -> str:
    if isinstance(failure, ssl.SSLError):
        return (failure.reason or str(failure)).replace("_", " ").lower()
    return os.strerror(failure.errno).lower() if failure.errno else str(failure)
