"""Which server of a group gets a connection or a request, through the real engine."""

import contextlib
import http.client
import socket
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from dataplane.envoy.names import CLUSTER, LISTENER, ROUTES
from dataplane.snapshot import HealthCheck, Listener, Server
from tests.dataplane.envoy import admin
from tests.dataplane.group_servers import NamedServer, named_server, udp_server
from tests.dataplane.http_client import ask
from tests.dataplane.site import Site
from tests.waiting import wait_until

NOWHERE = "no-such-name.invalid"


@pytest.fixture(scope="module")
def servers() -> Iterator[list[NamedServer]]:
    """Three servers that all tests ask."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(named_server()) for _ in range(3)]


def group_of(servers: list[NamedServer], *weights: int, **group: Any) -> dict[str, Any]:
    members = tuple(Server("127.0.0.1", server.port, weight) for server, weight in zip(servers, weights, strict=False))
    return {"servers": members, **group}


def asked(listener: Listener, count: int, path: str = "/") -> Counter[int]:
    return Counter(int(ask(listener.port, path).body) for _ in range(count))


def connect(listener: Listener, source: str = "127.0.0.1") -> tuple[socket.socket, int]:
    """Open a connection from an address of loopback; return it with the server that took it."""
    client = socket.create_connection(("127.0.0.1", listener.port), timeout=30, source_address=(source, 0))
    client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    answer = http.client.HTTPResponse(client)
    answer.begin()
    return client, int(answer.read())


def taken(listener: Listener, source: str = "127.0.0.1") -> int:
    client, server = connect(listener, source)
    client.close()
    return server


def test_weighted_round_robin_follows_the_weights_and_weight_0_gets_nothing(
    site: Site, servers: list[NamedServer]
) -> None:
    listener = site.add(protocol="HTTP", group=group_of(servers, 75, 25, 0))
    counts = asked(listener, 40)
    assert 27 <= counts[servers[0].port] <= 33
    assert counts[servers[0].port] + counts[servers[1].port] == 40


def test_round_robin_takes_turns_whatever_the_weights(site: Site, servers: list[NamedServer]) -> None:
    listener = site.add(protocol="HTTP", group=group_of(servers, 100, 10, 1, scheduler="rr"))
    assert set(asked(listener, 30).values()) <= {9, 10, 11}


def test_least_connections_fills_up_the_server_that_has_fewest(site: Site, servers: list[NamedServer]) -> None:
    group = group_of(servers, 100, 100, scheduler="wlc", protocol="TCP")
    listener = site.add(protocol="TCP", product="NLB", edition="", group=group)
    with contextlib.ExitStack() as stack:
        held = [connect(listener) for _ in range(12)]
        for client, _server in held:
            stack.callback(client.close)
        first, second = Counter(server for _client, server in held).values()
        assert abs(first - second) <= 1
        for client, server in held:
            if server == servers[0].port:
                client.close()
        wait_until(lambda: _open_connections(site, listener) == second)
        fresh = [connect(listener) for _ in range(4)]
        for client, _server in fresh:
            stack.callback(client.close)
        assert {server for _client, server in fresh} == {servers[0].port}


def _open_connections(site: Site, listener: Listener) -> int:
    line = admin(site.directory, f"/stats?filter=^cluster.{listener.id}.upstream_cx_active$")
    return int(line.rpartition(":")[2])


def test_source_hash_keeps_each_client_with_its_server(site: Site, servers: list[NamedServer]) -> None:
    group = group_of(servers, 100, 100, 100, scheduler="sch", protocol="TCP")
    listener = site.add(protocol="TCP", product="NLB", edition="", group=group)
    chosen = {source: {taken(listener, source) for _ in range(3)} for source in _sources(16)}
    assert all(len(found) == 1 for found in chosen.values())
    assert len(set.union(*chosen.values())) > 1


def test_source_hash_of_datagrams_keeps_each_client_with_its_server(site: Site) -> None:
    with udp_server() as one, udp_server() as two:
        group = {"protocol": "UDP", "scheduler": "sch"}
        listener = site.add(one, two, protocol="UDP", product="NLB", edition="", group=group)
        chosen = {source: {_answered(listener, source) for _ in range(3)} for source in _sources(16)}
        assert all(len(found) == 1 for found in chosen.values())
        assert set.union(*chosen.values()) == {one, two}


def _answered(listener: Listener, source: str) -> int:
    """Return which server answered a datagram of a new session."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((source, 0))
        client.settimeout(30)
        client.sendto(b"who", ("127.0.0.1", listener.port))
        return int(client.recv(64))


def test_tuple_hash_spreads_the_connections_of_one_client(site: Site, servers: list[NamedServer]) -> None:
    listener = site.add(protocol="TCP", product="NLB", edition="", group=group_of(servers, 100, 100, protocol="TCP"))
    site.change_group(listener, scheduler="tch")
    counts = Counter(taken(listener) for _ in range(40))
    assert min(counts[server.port] for server in servers[:2]) >= 5


def test_parameter_hash_keeps_each_value_with_its_server(site: Site, servers: list[NamedServer]) -> None:
    group = group_of(servers, 100, 100, 100, scheduler="uch", hash_parameter="user")
    listener = site.add(protocol="HTTP", group=group)
    chosen = {user: set(asked(listener, 3, f"/?user={user}")) for user in range(16)}
    assert all(len(found) == 1 for found in chosen.values())
    assert len(set.union(*chosen.values())) > 1


def _sources(count: int) -> list[str]:
    return [f"127.0.0.{number}" for number in range(1, count + 1)]


def test_inserted_cookie_leads_back_to_the_server_and_goes_elsewhere_when_it_is_gone(
    site: Site, servers: list[NamedServer]
) -> None:
    group = group_of(servers, 100, 100, 100, stickiness="insert", cookie_timeout_seconds=77)
    listener = site.add(protocol="HTTP", group=group)
    first = ask(listener.port)
    assert "Max-Age=77" in first.headers["set-cookie"]
    cookie = first.headers["set-cookie"].partition(";")[0]
    assert cookie.startswith("SERVERID=")
    assert {ask(listener.port, Cookie=cookie).body for _ in range(6)} == {first.body}
    left = tuple(Server("127.0.0.1", one.port, 100) for one in servers if one.port != int(first.body))
    site.change_group(listener, servers=left)
    wait_until(lambda: ask(listener.port, Cookie=cookie).body != first.body)
    assert "SERVERID=" in ask(listener.port, Cookie=cookie).headers["set-cookie"]


def test_rewritten_cookie_leads_back_and_the_server_sees_its_own(site: Site, servers: list[NamedServer]) -> None:
    group = group_of(servers, 100, 100, 100, stickiness="server", cookie="JSESSIONID")
    listener = site.add(protocol="HTTP", group=group)
    first, cookies = _login(listener)
    assert cookies[1] == "theme=dark"
    name, _equals, value = cookies[0].partition(";")[0].partition("=")
    assert name == "JSESSIONID"
    assert value.endswith("|abc")
    assert cookies[0].endswith("; Path=/; HttpOnly")
    again = {_login(listener, f"a=1; JSESSIONID={value}; b=2")[0] for _ in range(6)}
    assert again == {first}
    server = next(one for one in servers if one.port == first)
    assert server.cookies[-1] == "a=1; JSESSIONID=abc; b=2"
    assert "x-lbadmin-server" not in server.headers


def test_forged_header_names_no_server(site: Site, servers: list[NamedServer]) -> None:
    group = group_of(servers, 100, 100, stickiness="server", cookie="JSESSIONID")
    listener = site.add(protocol="HTTP", group=group)
    forged = "MTI3LjAuMC4xOjE="  # 127.0.0.1:1
    found = {ask(listener.port, X_Lbadmin_Server=forged).body for _ in range(4)}
    assert len(found) == 2


def _login(listener: Listener, cookie: str = "") -> tuple[int, list[str]]:
    """Return the server that answered, and the cookies that it set."""
    client = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=30)
    client.request("GET", "/login", headers={"Cookie": cookie} if cookie else {})
    answer = client.getresponse()
    server, cookies = int(answer.read()), answer.headers.get_all("Set-Cookie") or []
    client.close()
    return server, cookies


def test_stickiness_is_switched_without_touching_a_connection(site: Site, servers: list[NamedServer]) -> None:
    listener = site.add(protocol="HTTP", group=group_of(servers, 100))
    client = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=30)
    ask(listener.port, connection=client)
    site.taken.clear()
    site.change_group(listener, stickiness="insert")
    wait_until(lambda: "set-cookie" in ask(listener.port, connection=client).headers)
    assert (ROUTES, listener.id) in site.taken
    assert (LISTENER, listener.id) not in site.taken
    client.close()


def test_host_names_are_looked_up_and_one_without_an_address_stops_nobody(
    site: Site, servers: list[NamedServer]
) -> None:
    named = (Server("localhost", servers[0].port, 100), Server(NOWHERE, 80, 100))
    listener = site.add(protocol="HTTP", group={"servers": named})
    assert wait_until(lambda: ask(listener.port).status == 200)
    lost = site.add(protocol="HTTP", group={"servers": (Server(NOWHERE, 80, 100),)})
    assert ask(lost.port).status == 503
    site.change_group(lost, servers=(Server("127.0.0.1", servers[0].port, 100),))
    assert (CLUSTER, lost.id) in site.taken
    wait_until(lambda: ask(lost.port).status == 200)


def test_connections_of_a_failing_server_end_at_once_where_that_is_asked(site: Site) -> None:
    check = HealthCheck(0, 1, 1, 2, 2, protocol="HTTP", path="/health", method="GET")
    with named_server() as server:
        fields: dict[str, Any] = {"protocol": "TCP", "product": "NLB", "edition": ""}
        group = {"protocol": "TCP", "health_check": check}
        ending = site.add(server.port, **fields, group={**group, "connection_drain_seconds": 0})
        lasting = site.add(server.port, **fields, group=group)
        ends, _server = connect(ending)
        lasts, _server = connect(lasting)
        server.code = 500
        assert ends.recv(1) == b""
        lasts.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert lasts.recv(5) == b"HTTP/"
        ends.close()
        lasts.close()


def test_removed_servers_connections_live_on(site: Site, servers: list[NamedServer]) -> None:
    fields: dict[str, Any] = {"protocol": "TCP", "product": "NLB", "edition": ""}
    listener = site.add(servers[0].port, **fields, group={"protocol": "TCP"})
    client, _server = connect(listener)
    site.change_group(listener, servers=(Server("127.0.0.1", servers[1].port, 100),))
    wait_until(lambda: taken(listener) == servers[1].port)
    client.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.recv(5) == b"HTTP/"
    client.close()
