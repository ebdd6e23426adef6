"""Requests through the real engine: what servers are asked, and what clients get."""

import contextlib
import time
from collections.abc import Iterator

import pytest
from websockets.sync.client import connect as websocket
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as websocket_server

from dataplane.envoy.names import ROUTES
from dataplane.snapshot import Listener
from tests.dataplane.backends import HttpBackend, http_backend
from tests.dataplane.http_client import ask, is_turned_away, open_connection, raw, under_load
from tests.dataplane.site import Site
from tests.waiting import free_port, running_thread, wait_until

LOREM = "/page?type=text/css&bytes="


@pytest.fixture(scope="module")
def backend() -> Iterator[HttpBackend]:
    """A server that all tests ask."""
    with http_backend() as running:
        yield running


@pytest.fixture(scope="module")
def plain(site: Site, backend: HttpBackend) -> Listener:
    """An HTTP listener whose requests may take a second."""
    return site.add(backend.port, protocol="HTTP", request_timeout_seconds=1)


def test_server_sees_the_request_as_the_client_made_it(plain: Listener) -> None:
    answer = ask(plain.port, "/echo/a?b=1&b=2", method="POST", body=b"x" * 70_000, X_Own="mine")
    assert answer.seen["path"] == "/echo/a?b=1&b=2"
    assert answer.seen["bytes"] == 70_000
    assert answer.request_headers == {
        "host": f"127.0.0.1:{plain.port}",
        "accept-encoding": "identity",
        "content-length": "70000",
        "x-own": "mine",
        "x-forwarded-for": "127.0.0.1",
    }


def test_client_sees_the_servers_answer_and_nothing_of_the_engine(plain: Listener) -> None:
    answer = ask(plain.port, "/echo")
    assert (answer.headers["x-server"], answer.headers["server"]) == ("one", "made-by-hand/1")
    assert answer.headers.keys() == {"x-server", "server", "content-length", "date"}


def test_dots_leave_a_path_and_doubled_slashes_stay(plain: Listener) -> None:
    assert ask(plain.port, "/echo/a/../b//c/./d").seen["path"] == "/echo/b//c/d"


def test_header_with_an_underscore_never_reaches_a_server(plain: Listener) -> None:
    answer = raw(plain.port, b"GET /echo HTTP/1.1\r\nHost: a\r\nX_Real_Ip: 1.2.3.4\r\nConnection: close\r\n\r\n")
    assert b" 200 OK" in answer
    assert b"1.2.3.4" not in answer


def test_10000_bytes_of_headers_are_served_and_far_more_are_refused(plain: Listener) -> None:
    assert ask(plain.port, "/echo", X_Long="x" * 10_000).request_headers["x-long"] == "x" * 10_000
    assert ask(plain.port, "/echo", X_Long="x" * 70_000).status == 431
    assert ask(plain.port, "/echo").status == 200


def test_client_and_server_of_http_1_0_are_served(plain: Listener) -> None:
    assert b" 200 OK" in raw(plain.port, b"GET /echo HTTP/1.0\r\n\r\n")
    assert ask(plain.port, "/old").body == b"old but good"


def test_server_that_says_nothing_in_time_is_a_504_without_a_second_request(
    plain: Listener, backend: HttpBackend
) -> None:
    answer = ask(plain.port, "/hang/504")
    assert (answer.status, answer.body) == (504, b"504 Gateway Timeout\n")
    assert backend.asked.count("GET /hang/504") == 1


def test_answer_that_goes_on_may_take_longer_than_the_request_timeout(plain: Listener) -> None:
    assert ask(plain.port, "/slow?seconds=0.3").body == b"12345"


def test_body_that_stops_coming_is_a_408(plain: Listener) -> None:
    answer = raw(plain.port, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout")


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [("/break", 502, b"502 Bad Gateway\n"), ("/garbage", 502, b"502 Bad Gateway\n")],
)
def test_server_that_fails_is_a_502_without_a_word_of_the_inside(
    plain: Listener, path: str, status: int, body: bytes
) -> None:
    answer = ask(plain.port, path)
    assert (answer.status, answer.body) == (status, body)


def test_nobody_to_ask_is_a_502_or_a_503(site: Site) -> None:
    refusing = site.add(free_port(), protocol="HTTP")
    empty = site.add(protocol="HTTP")
    assert ask(refusing.port).status == 502
    assert (ask(empty.port).status, ask(empty.port).body) == (503, b"503 Service Unavailable\n")


def test_half_an_answer_is_no_whole_one(plain: Listener) -> None:
    answer = raw(plain.port, b"GET /half HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"content-length: 100" in answer
    assert answer.endswith(b"begun")


def test_request_that_may_be_repeated_is_tried_again_and_a_post_is_not(plain: Listener, backend: HttpBackend) -> None:
    assert ask(plain.port, "/break/get").status == 502
    assert ask(plain.port, "/break/post", method="POST", body=b"once").status == 502
    assert ask(plain.port, "/break/put", method="PUT", body=b"again").status == 502
    asked = [path for path in backend.asked if "/break/" in path]
    assert asked == ["GET /break/get"] * 4 + ["POST /break/post"] + ["PUT /break/put"] * 4


def test_client_cannot_ask_for_retries(plain: Listener, backend: HttpBackend) -> None:
    answer = ask(
        plain.port, "/break/asked", method="POST", body=b"1", X_Envoy_Retry_On="reset", X_Envoy_Max_Retries="9"
    )
    assert answer.status == 502
    assert backend.asked.count("POST /break/asked") == 1


def test_post_goes_to_the_other_server_when_one_takes_no_connection(site: Site, backend: HttpBackend) -> None:
    listener = site.add(free_port(), backend.port, protocol="HTTP")
    assert {ask(listener.port, "/echo", method="POST", body=b"x" * 500_000).status for _ in range(8)} == {200}


def test_dying_server_costs_no_request(site: Site, backend: HttpBackend) -> None:
    with http_backend() as dying:
        listener = site.add(dying.port, backend.port, protocol="HTTP")
        with under_load(lambda: ask(listener.port, "/late").status) as load:
            wait_until(lambda: len(load.answers) > 40)
            assert dying.asked
            dying.die()
            survived = len(load.answers)
            wait_until(lambda: len(load.answers) > survived + 80)
    assert (set(load.answers), load.failures) == ({200}, [])


def test_every_request_is_sent_to_https_where_that_is_asked(site: Site) -> None:
    listener = site.add(protocol="HTTP", server_group_id="", redirect_port=8443)
    answer = ask(listener.port, "/a/b?c=d", Host="shop.test")
    assert (answer.status, answer.headers["location"]) == (301, "https://shop.test:8443/a/b?c=d")


def test_long_texts_are_compressed_with_brotli_rather_than_gzip(plain: Listener) -> None:
    answer = ask(plain.port, LOREM + "50000", Accept_Encoding="gzip, deflate, br")
    assert (answer.headers["content-encoding"], answer.headers["vary"].lower()) == ("br", "accept-encoding")
    assert len(answer.body) < 2_000
    answer = ask(plain.port, LOREM + "50000", Accept_Encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        (LOREM + "1024", "gzip, br"),
        (LOREM + "1025", "identity"),
        ("/page?type=image/png&bytes=5000", "gzip, br"),
        ("/page?type=text/event-stream&bytes=5000", "gzip, br"),
    ],
)
def test_short_answers_and_other_types_are_not_compressed(plain: Listener, path: str, accepted: str) -> None:
    assert "content-encoding" not in ask(plain.port, path, Accept_Encoding=accepted).headers


def test_compressed_page_does_not_claim_to_be_byte_for_byte_the_servers(plain: Listener) -> None:
    assert ask(plain.port, f"{LOREM}5000&etag=v1").headers["etag"] == '"v1"'
    assert "etag" not in ask(plain.port, f"{LOREM}5000&etag=v1", Accept_Encoding="gzip").headers


def test_options_change_as_routes_and_the_open_connection_lives_on(site: Site, backend: HttpBackend) -> None:
    listener = site.add(backend.port, protocol="HTTP")
    with contextlib.closing(open_connection(listener.port)) as connection:
        before = ask(listener.port, LOREM + "5000", connection=connection, Accept_Encoding="br")
        client = connection.sock.getsockname()
        site.taken.clear()
        site.change(listener, compression=False, request_timeout_seconds=7, alt_svc_port=8444)
        wait_until(lambda: "alt-svc" in ask(listener.port, "/echo").headers)
        after = ask(listener.port, LOREM + "5000", connection=connection, Accept_Encoding="br")
        assert connection.sock.getsockname() == client
    assert (before.headers["content-encoding"], after.headers.get("content-encoding")) == ("br", None)
    assert after.headers["alt-svc"] == 'h3=":8444"; ma=86400'
    assert site.taken == [(ROUTES, listener.id)]


def test_websocket_is_not_cut_by_the_request_timeout_while_it_is_used(site: Site) -> None:
    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with websocket_server(echo, "127.0.0.1", 0) as server, running_thread(server.serve_forever, server.shutdown):
        port = server.socket.getsockname()[1]
        listener = site.add(port, protocol="HTTP", request_timeout_seconds=1)
        with websocket(f"ws://127.0.0.1:{listener.port}/chat") as client:
            begun = time.monotonic()
            while time.monotonic() < begun + 1.5:
                client.send("still here")
                assert client.recv(30) == "still here"
                time.sleep(0.3)


def test_connections_of_requests_are_counted_with_their_bytes(site: Site, backend: HttpBackend) -> None:
    listener = site.add(backend.port, protocol="HTTP")
    ask(listener.port, "/echo")
    (entry,) = wait_until(lambda: [each for key, each in site.connections if key == listener.id])
    assert entry.is_plain
    assert entry.bytes_received > 0
    assert entry.bytes_sent > 0


def test_connection_limit_counts_connections_not_requests(site: Site, backend: HttpBackend) -> None:
    listener = site.add(backend.port, protocol="HTTP", connections_per_second=1)
    with contextlib.closing(open_connection(listener.port)) as connection:
        assert {ask(listener.port, "/echo", connection=connection).status for _ in range(10)} == {200}
        wait_until(lambda: is_turned_away(listener.port), interval=0)
