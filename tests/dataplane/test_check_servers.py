"""Health checks of every kind and TLS to the servers, through the real engine."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from dataplane.health import Reason, State, seen_health
from dataplane.health_log import HealthLog
from dataplane.snapshot import HealthCheck, Listener, Server
from tests.certs import Issued, make_ca, make_leaf
from tests.dataplane.envoy import admin
from tests.dataplane.group_servers import NOT_SERVING, SERVING, grpc_server, named_server
from tests.dataplane.http_client import ask
from tests.dataplane.site import Site, running_site
from tests.waiting import free_port, wait_until

NAME = "servers.test"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """An engine that notes why checks fail, at once."""
    with running_site("--file-flush-interval-msec", "50") as running:
        running.snapshot = replace(running.snapshot, health_log=str(running.directory / "health.log"))
        yield running


@pytest.fixture(scope="module")
def authority() -> Issued:
    return make_ca("Authority of servers")


def check(protocol: str, **fields: Any) -> HealthCheck:
    return HealthCheck(0, 1, 1, 2, 2, protocol=protocol, path="/health", **fields)


def health(site: Site, listener: Listener) -> dict[str, tuple[str, str, int]]:
    """Return state, reason and status of each server of a listener."""
    clusters = json.loads(admin(site.directory, "/clusters?format=json"))["cluster_statuses"]
    failed = HealthLog(site.directory / "health.log").read()
    own = (each for each in seen_health(clusters, site.snapshot, failed) if each.listener_id == listener.id)
    return {each.address: (each.state, each.reason, each.http_status) for each in own}


def becomes(site: Site, listener: Listener, *wanted: Any) -> bool:
    return wait_until(lambda: health(site, listener).get("127.0.0.1") == wanted)


def test_check_by_http_is_judged_by_the_codes_and_says_what_was_answered(site: Site) -> None:
    with named_server() as server:
        listener = site.add(server.port, protocol="HTTP", group={"health_check": check("HTTP")})
        assert becomes(site, listener, State.HEALTHY, "", 0)
        server.code = 404
        assert becomes(site, listener, State.UNHEALTHY, Reason.CODE, 404)
        site.change_group(listener, health_check=check("HTTP", codes=("http_2xx", "http_4xx")))
        assert becomes(site, listener, State.HEALTHY, "", 0)


def test_check_by_grpc_asks_whether_the_server_serves(site: Site) -> None:
    answer = [SERVING]
    with grpc_server(answer) as port:
        listener = site.add(port, protocol="HTTP", group={"protocol": "gRPC", "health_check": check("gRPC")})
        assert becomes(site, listener, State.HEALTHY, "", 0)
        answer[0] = NOT_SERVING
        assert becomes(site, listener, State.UNHEALTHY, Reason.NOT_SERVING, 0)


def test_check_that_cannot_connect_says_so_for_plain_and_for_tls(site: Site) -> None:
    plain = site.add(free_port(), protocol="HTTP", group={"health_check": check("TCP")})
    tls = site.add(free_port(), protocol="HTTP", group={"health_check": check("HTTPS")})
    assert becomes(site, plain, State.UNHEALTHY, Reason.REFUSED, 0)
    assert becomes(site, tls, State.UNHEALTHY, Reason.NO_TLS, 0)


def test_name_without_an_address_is_told(site: Site) -> None:
    servers = (Server("no-such-name.invalid", 80, 100), Server("127.0.0.1", free_port(), 0))
    listener = site.add(protocol="HTTP", group={"servers": servers})
    seen = health(site, listener)
    assert seen["no-such-name.invalid"] == (State.UNHEALTHY, Reason.UNRESOLVED, 0)
    assert seen["127.0.0.1"] == (State.UNKNOWN, Reason.NO_WEIGHT, 0)


@pytest.mark.parametrize(("group", "kind"), [("HTTP", "HTTPS"), ("HTTPS", "TCP"), ("HTTPS", "HTTPS")])
def test_checks_are_secured_as_they_say_whatever_the_group_speaks(site: Site, group: str, kind: str) -> None:
    with named_server(make_leaf(NAME)) as server:
        listener = site.add(server.port, protocol="HTTP", group={"protocol": group, "health_check": check(kind)})
        assert becomes(site, listener, State.HEALTHY, "", 0)


def verified(site: Site, listener_port: int, authority: Issued, **group: Any) -> Listener:
    """Serve a group whose servers are verified by ``authority``."""
    trusted = site.certificate(authority)
    site.snapshot = replace(site.snapshot, certificates={**site.snapshot.certificates, trusted.id: trusted})
    fields = {"protocol": "HTTPS", "verify_servers": True, "ca_certificate_id": trusted.id, **group}
    return site.add(listener_port, protocol="HTTP", group=fields)


def test_server_of_the_authority_and_the_name_is_reached(site: Site, authority: Issued) -> None:
    with named_server(make_leaf(NAME, issuer=authority)) as server:
        listener = verified(site, server.port, authority, server_name=NAME)
        assert int(ask(listener.port).body) == server.port


@pytest.mark.parametrize("names", [("other.test",), ()])
def test_server_of_another_name_or_authority_is_never_asked(
    site: Site, authority: Issued, names: tuple[str, ...]
) -> None:
    identity = make_leaf(*names, issuer=authority) if names else make_leaf(NAME)
    with named_server(identity) as server:
        listener = verified(site, server.port, authority, server_name=NAME)
        answer = ask(listener.port, "/login")
        assert answer.status in {502, 503}
        assert not server.cookies


def test_server_with_a_host_name_is_verified_by_it(site: Site, authority: Issued) -> None:
    servers = {"server_name": ""}
    with (
        named_server(make_leaf("localhost", issuer=authority)) as good,
        named_server(make_leaf("other.test", issuer=authority)) as bad,
    ):
        reached = verified(site, 0, authority, **servers, servers=(Server("localhost", good.port, 100),))
        refused = verified(site, 0, authority, **servers, servers=(Server("localhost", bad.port, 100),))
        assert wait_until(lambda: ask(reached.port).status == 200)
        assert ask(refused.port).status in {502, 503}


def test_public_authorities_do_not_vouch_for_a_private_one(site: Site, authority: Issued) -> None:
    with named_server(make_leaf(NAME, issuer=authority)) as server:
        group = {"protocol": "HTTPS", "verify_servers": True, "server_name": NAME}
        listener = site.add(server.port, protocol="HTTP", group=group)
        assert ask(listener.port).status in {502, 503}
        site.change_group(listener, verify_servers=False)
        assert wait_until(lambda: ask(listener.port).status == 200)


def test_ca_certificate_is_replaced_by_its_secret_alone(site: Site, authority: Issued) -> None:
    other = make_ca("Another authority of servers")
    with named_server(make_leaf(NAME, issuer=other)) as server:
        listener = verified(site, server.port, authority, server_name=NAME)
        assert ask(listener.port).status in {502, 503}
        group = site.snapshot.server_groups[listener.server_group_id]
        clusters = dict(site.compiled[listener.id].clusters)
        site.replace_certificate(site.snapshot.certificates[group.ca_certificate_id], other)
        assert wait_until(lambda: ask(listener.port).status == 200)
        assert site.compiled[listener.id].clusters == clusters


def test_without_the_ca_certificate_no_server_is_asked(site: Site) -> None:
    with named_server(make_leaf(NAME)) as server:
        group = {"protocol": "HTTPS", "verify_servers": True, "ca_certificate_id": "cert-gone"}
        listener = site.add(server.port, protocol="HTTP", group=group)
        assert ask(listener.port, "/login").status == 503
        assert "server_group.no-ca-certificate" in [one.code for one in site.compiled[listener.id].problems]
        assert not server.cookies
