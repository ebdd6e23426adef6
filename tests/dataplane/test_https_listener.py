"""Requests over TLS through the real engine: protocols, certificates, clients that are refused, streams."""

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

import grpc
import httpx
import pytest
from websockets.sync.client import connect as websocket
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as websocket_server

from dataplane.envoy.names import SECRET
from dataplane.failures import failure_reason
from dataplane.snapshot import AUTHORITY, DEFAULT, Listener
from dataplane.xds.accesslog import Connection
from tests.certs import Issued, make_ca, make_leaf, rsa_key
from tests.dataplane.backends import HttpBackend, http_backend
from tests.dataplane.envoy import client_context, connect, served
from tests.dataplane.http_client import ask, open_connection, raw, under_load
from tests.dataplane.site import Bound, Site
from tests.waiting import running_thread, wait_until


@pytest.fixture(scope="module")
def backend() -> Iterator[HttpBackend]:
    """A server that all tests ask."""
    with http_backend() as running:
        yield running


@pytest.fixture(scope="module")
def secure(site: Site, backend: HttpBackend) -> Listener:
    """An HTTPS listener with a certificate for "a.test" and one for all others."""
    bound = [Bound(make_leaf("default.test"), DEFAULT), Bound(make_leaf("a.test"))]
    return site.add(backend.port, protocol="HTTPS", bound=bound)


def agreed(port: int, *protocols: str) -> str | None:
    context = client_context()
    context.set_alpn_protocols(list(protocols))
    with connect(port, None, context) as connection:
        return connection.selected_alpn_protocol()


def test_client_gets_http_2_when_it_can_and_http_1_1_else(site: Site, secure: Listener, backend: HttpBackend) -> None:
    assert agreed(secure.port, "http/1.1", "h2") == "h2"
    assert agreed(secure.port, "http/1.1") == "http/1.1"
    one = site.add(backend.port, protocol="HTTPS", http2=False, bound=[Bound(make_leaf(), DEFAULT)])
    assert agreed(one.port, "http/1.1", "h2") == "http/1.1"


async def many_at_once(url: str) -> list[httpx.Response]:
    async with httpx.AsyncClient(http2=True, verify=client_context()) as client:
        return await asyncio.gather(*(client.get(f"{url}{number}") for number in range(40)))


def test_many_requests_of_one_http_2_connection_reach_servers_that_speak_http_1_1(secure: Listener) -> None:
    answers = asyncio.run(many_at_once(f"https://127.0.0.1:{secure.port}/late?"))
    assert {(answer.status_code, answer.http_version) for answer in answers} == {(200, "HTTP/2")}
    assert {answer.json()["path"] for answer in answers} == {f"/late?{number}" for number in range(40)}
    assert {answer.json()["version"] for answer in answers} == {"HTTP/1.1"}


def test_each_name_is_served_its_certificate(site: Site, secure: Listener) -> None:
    certificates = site.snapshot.certificates
    default, additional = (certificates[slot.certificate_id] for slot in secure.slots)
    assert served(secure.port, "a.test") == additional.sha256
    assert served(secure.port, "b.test") == served(secure.port, None) == default.sha256


def test_replaced_certificate_costs_no_request_and_no_connection(site: Site, backend: HttpBackend) -> None:
    old, new = make_leaf("default.test"), make_leaf("default.test", key=rsa_key())
    listener = site.add(backend.port, protocol="HTTPS", bound=[Bound(old, DEFAULT)])
    certificate = site.snapshot.certificates[listener.slots[0].certificate_id]
    with (
        contextlib.closing(open_connection(listener.port, tls=client_context())) as kept,
        under_load(lambda: ask(listener.port, "/echo", tls=True).status) as load,
    ):
        assert ask(listener.port, "/echo", connection=kept).status == 200
        client = kept.sock.getsockname()
        site.taken.clear()
        wait_until(lambda: len(load.answers) > 20)
        site.replace_certificate(certificate, new)
        wait_until(lambda: served(listener.port, None) == new.sha256)
        before = len(load.answers)
        wait_until(lambda: len(load.answers) > before + 20)
        assert ask(listener.port, "/echo", connection=kept).status == 200
        assert kept.sock.getsockname() == client
    assert (set(load.answers), load.failures) == ({200}, [])
    assert {kind for kind, _name in site.taken} == {SECRET}


def test_certificate_more_leaves_open_connections_alone(site: Site, backend: HttpBackend) -> None:
    listener = site.add(backend.port, protocol="HTTPS", bound=[Bound(make_leaf(), DEFAULT)])
    other = site.add(backend.port, protocol="HTTPS", bound=[Bound(make_leaf(), DEFAULT), Bound(make_leaf("new.test"))])
    added = other.additional_slots[0]
    with contextlib.closing(open_connection(listener.port, tls=client_context())) as kept:
        assert ask(listener.port, "/echo", connection=kept).status == 200
        client = kept.sock.getsockname()
        site.change(listener, slots=(*listener.slots, added))
        wanted = site.snapshot.certificates[added.certificate_id].sha256
        wait_until(lambda: served(listener.port, "new.test") == wanted)
        assert ask(listener.port, "/echo", connection=kept).status == 200
        assert kept.sock.getsockname() == client


def test_client_without_an_accepted_certificate_never_has_a_request_served(
    site: Site, backend: HttpBackend, tmp_path: Path
) -> None:
    authority = make_ca()
    bound = [Bound(make_leaf(), DEFAULT), Bound(authority, AUTHORITY)]
    listener = site.add(backend.port, protocol="HTTPS", bound=bound, mutual_authentication=True)
    good = identity(tmp_path, make_leaf("client", issuer=authority, client=True))
    stranger = identity(tmp_path, make_leaf("stranger", issuer=make_ca("Other"), client=True))
    assert status_as(listener, good, "/echo?good") == 200
    assert status_as(listener, stranger, "/echo?stranger") is None
    assert status_as(listener, client_context(), "/echo?nobody") is None
    assert [asked for asked in backend.asked if "nobody" in asked or "stranger" in asked] == []
    reasons = sorted(failure_reason(each) for each in ended(site, listener, 3))
    assert reasons == ["", "no-client-certificate", "unknown-ca"]


def ended(site: Site, listener: Listener, count: int) -> list[Connection]:
    """Return the connections that have ended, once there are as many as expected."""
    wait_until(lambda: len([1 for key, _ in site.connections if key == listener.id]) >= count)
    return [each for key, each in site.connections if key == listener.id]


def identity(directory: Path, issued: Issued) -> ssl.SSLContext:
    certificate, key = directory / f"{issued.sha256}.crt", directory / f"{issued.sha256}.key"
    certificate.write_bytes(issued.chain_pem)
    key.write_bytes(issued.key_pem)
    return client_context(identity=(certificate, key))


def status_as(listener: Listener, context: ssl.SSLContext, path: str) -> int | None:
    """Return the status that a client gets, None where it is not let in."""
    try:
        with contextlib.closing(open_connection(listener.port, tls=context)) as connection:
            return ask(listener.port, path, connection=connection).status
    except (OSError, http.client.HTTPException):
        return None


def test_handshakes_are_told_apart_from_failures(site: Site, backend: HttpBackend) -> None:
    listener = site.add(backend.port, protocol="HTTPS", bound=[Bound(make_leaf(), DEFAULT)])
    ask(listener.port, "/echo", tls=True)
    connect(listener.port, "idle.test").close()
    with pytest.raises(ssl.SSLError):
        connect(listener.port, "old.test", client_context(version=ssl.TLSVersion.TLSv1))
    assert raw(listener.port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == b""
    socket.create_connection(("127.0.0.1", listener.port)).close()
    assert sorted((failure_reason(each), each.tls_version) for each in ended(site, listener, 5)) == [
        ("", "TLSv1.3"),
        ("", "TLSv1.3"),
        ("client-closed", ""),
        ("not-tls", ""),
        ("protocol-version", ""),
    ]


def test_session_is_resumed(secure: Listener) -> None:
    context = client_context(version=ssl.TLSVersion.TLSv1_2)
    with connect(secure.port, None, context) as first:
        session = first.session
    with connect(secure.port, None, context, session=session) as second:
        assert second.session_reused


def test_acme_server_is_answered_and_requests_go_on(site: Site, secure: Listener) -> None:
    answer = make_leaf("a.test")
    site.challenge("a.test", answer)
    context = client_context()
    context.set_alpn_protocols(["acme-tls/1"])
    with connect(secure.port, "a.test", context) as connection:
        der = connection.getpeercert(binary_form=True)
        assert connection.selected_alpn_protocol() == "acme-tls/1"
    assert der == ssl.PEM_cert_to_DER_cert(answer.pem.decode())
    assert ask(secure.port, "/echo", tls=True).status == 200


def test_websocket_over_tls(site: Site) -> None:
    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with websocket_server(echo, "127.0.0.1", 0) as server, running_thread(server.serve_forever, server.shutdown):
        port = server.socket.getsockname()[1]
        listener = site.add(port, protocol="HTTPS", bound=[Bound(make_leaf(), DEFAULT)])
        with websocket(f"wss://127.0.0.1:{listener.port}/chat", ssl=client_context()) as client:
            client.send("hello")
            assert client.recv(30) == "hello"


class _Calls(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # it is not generic when it runs
    """Two methods over bytes: one answer, and one message for each tenth of a second."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        if details.method == "/test.Calls/One":
            return grpc.unary_unary_rpc_method_handler(lambda request, _context: b"got " + request)
        return grpc.unary_stream_rpc_method_handler(self._many)

    def _many(self, request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        for number in range(int(request)):
            self.stop.wait(0.1)
            yield str(number).encode()


@contextlib.contextmanager
def grpc_server() -> Iterator[int]:
    calls = _Calls()
    server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[calls])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        calls.stop.set()
        server.stop(0).wait()


def test_grpc_calls_and_streams_are_served_and_a_dead_server_is_unavailable(site: Site) -> None:
    authority = make_ca()
    leaf = make_leaf("grpc.test", issuer=authority)
    with grpc_server() as port:
        listener = site.add(
            port,
            protocol="HTTPS",
            request_timeout_seconds=1,
            group={"protocol": "gRPC"},
            bound=[Bound(leaf, DEFAULT)],
        )
        credentials = grpc.ssl_channel_credentials(authority.pem)
        options = [("grpc.ssl_target_name_override", "grpc.test")]
        channel = grpc.secure_channel(f"127.0.0.1:{listener.port}", credentials, options)
        one = channel.unary_unary("/test.Calls/One", bytes, bytes)
        many = channel.unary_stream("/test.Calls/Many", bytes, bytes)
        assert one(b"this", timeout=30) == b"got this"
        assert list(many(b"15", timeout=30)) == [str(number).encode() for number in range(15)]
    with pytest.raises(grpc.RpcError) as failure:
        one(b"this", timeout=30)
    channel.close()
    assert failure.value.code() == grpc.StatusCode.UNAVAILABLE


def slow_clients(plain: Listener, secure: Listener) -> list[socket.socket]:
    """Return clients that begin and never end: a hello, a handshake, headers, headers within TLS."""
    half_hello = socket.create_connection(("127.0.0.1", secure.port))
    half_hello.sendall(b"\x16\x03\x01\x02\x00\x01")
    silent = socket.create_connection(("127.0.0.1", secure.port))
    headers = socket.create_connection(("127.0.0.1", plain.port))
    headers.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    encrypted = connect(secure.port, None)
    encrypted.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    return [half_hello, silent, headers, encrypted]


def test_clients_that_never_finish_are_cut_off_while_others_are_served(site: Site, backend: HttpBackend) -> None:
    plain = site.add(backend.port, protocol="HTTP")
    secure = site.add(backend.port, protocol="HTTPS", bound=[Bound(make_leaf(), DEFAULT)])
    slow = slow_clients(plain, secure)
    try:
        with under_load(lambda: ask(secure.port, "/late", tls=True).status, clients=1) as load:
            wait_until(lambda: all(is_closed(client) for client in slow), interval=0.2)
        assert (set(load.answers), load.failures) == ({200}, [])
    finally:
        for client in slow:
            client.close()


def is_closed(client: socket.socket) -> bool:
    """Tell whether the other side has ended the connection; an answer before that is read and forgotten."""
    client.settimeout(0.01)
    try:
        return client.recv(4096) == b""
    except (TimeoutError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
