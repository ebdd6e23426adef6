"""A TLS handshake that takes whatever is served, and keeps what a client would have said against it."""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cryptography import x509
from OpenSSL import SSL
from OpenSSL.crypto import FILETYPE_ASN1, X509, X509StoreFlags, dump_certificate
from OpenSSL.crypto import Error as CryptoError

from watchlist.connecting import SocketStream, UnreachableError, connected
from watchlist.dialogues import DIALOGUES, DialogueError
from watchlist.targets import Target

SECONDS_FOR_ALL = 15.0  # name, connection, dialogue and handshake
LONGEST_CHAIN = 20
READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Objection:
    """What OpenSSL says against one certificate: the number of its error, and the place in the chain, leaf first."""

    number: int
    depth: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server showed: certificates as they came (DER, leaf first), and what speaks against them."""

    chain: tuple[bytes, ...]
    objections: tuple[Objection, ...]
    tls_version: str


@dataclass(slots=True)
class _Notes:
    objections: list[Objection] = field(default_factory=list)


def opened_context(authorities: Iterable[x509.Certificate]) -> SSL.Context:
    """Return a context that trusts the machine's store and ``authorities``, and that no fault ends."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    # As old as any server may be: what is asked is the certificate, not how it is sealed.
    context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    context.set_default_verify_paths()
    store = context.get_cert_store()
    if store is not None:
        store.set_flags(X509StoreFlags.PARTIAL_CHAIN)  # an intermediate can be what is trusted
        for authority in authorities:
            _trust(store.add_cert, authority)
    context.set_verify(SSL.VERIFY_PEER, _noted)
    return context


def _trust(add: Callable[[X509], None], authority: x509.Certificate) -> None:
    try:
        add(X509.from_cryptography(authority))
    except (CryptoError, ValueError):
        return  # one that OpenSSL cannot read vouches for nobody


def _noted(connection: SSL.Connection, certificate: X509, number: int, depth: int, is_fine: int) -> bool:
    """Note what speaks against a certificate and go on: it is shown, not trusted."""
    notes = connection.get_app_data()
    if not is_fine and isinstance(notes, _Notes):
        notes.objections.append(Objection(number, depth))
    return True


async def ask(target: Target, context: SSL.Context, *, seconds: float = SECONDS_FOR_ALL) -> Answer:
    """Return what ``target`` shows; raise UnreachableError with the reason when it shows nothing."""
    try:
        async with asyncio.timeout(seconds), connected(target.host, target.port) as stream:
            await _come_to_tls(stream, target.starttls)
            return await _shake_hands(stream, context, target.sni)
    except TimeoutError:
        raise UnreachableError("timeout", seconds=f"{seconds:g}") from None
    except DialogueError as error:
        raise UnreachableError("dialogue", protocol=target.starttls, reason=str(error)) from None
    except (EOFError, ConnectionError):
        raise UnreachableError("closed") from None
    except OSError as error:
        raise UnreachableError("connect-failed", reason=str(error)) from None


async def _come_to_tls(stream: SocketStream, starttls: str) -> None:
    await DIALOGUES[starttls](stream)
    if stream.has_more():  # plain text in the place of TLS could be anybody's
        raise DialogueError("more than an answer")


async def _shake_hands(stream: SocketStream, context: SSL.Context, sni: str) -> Answer:
    connection, notes = SSL.Connection(context, None), _Notes()
    connection.set_app_data(notes)
    if sni:
        connection.set_tlsext_host_name(sni.encode())
    connection.set_connect_state()
    try:
        await _run(connection, stream)
        reason = ""
    except SSL.Error as error:
        reason = _words(error)
    except EOFError:
        reason = "the connection was closed"
    # A server that wants a certificate of ours shows its own before it refuses.
    chain = connection.get_peer_cert_chain()
    if not chain:
        raise UnreachableError("handshake", reason=reason) if reason else UnreachableError("no-certificate")
    ders = tuple(dump_certificate(FILETYPE_ASN1, each) for each in chain[:LONGEST_CHAIN])
    return Answer(ders, tuple(notes.objections), connection.get_protocol_version_name())


async def _run(connection: SSL.Connection, stream: SocketStream) -> None:
    while True:
        try:
            connection.do_handshake()
        except SSL.WantReadError:
            await _flush(connection, stream)
            connection.bio_write(await stream.read_some())
        except SSL.Error:
            await _flush(connection, stream)
            raise
        else:
            await _flush(connection, stream)
            return


async def _flush(connection: SSL.Connection, stream: SocketStream) -> None:
    while True:
        try:
            data = connection.bio_read(READ_BYTES)
        except SSL.WantReadError:
            return
        await stream.send(data)


def _words(error: SSL.Error) -> str:
    """Return OpenSSL's reason, such as “wrong version number”."""
    reasons = error.args[0] if error.args and isinstance(error.args[0], list) else []
    found = str(reasons[-1][2]) if reasons else str(error)
    return found.lower() or ssl.OPENSSL_VERSION
