"""Clients under mutual authentication: observed, refused, and told to servers as they are."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from certificates.models import Kind
from certificates.revocation.services import carry_list
from dataplane.request_logs import request_log_path
from events.feed import newest_change_id
from listeners import services
from listeners.forwarded_headers import CERTIFICATE_HEADERS
from listeners.models import Listener, NodeStatus, ObservedClient
from listeners.services.forwarding_rules import create_rules
from listeners.tls_policies import WIZARD_POLICY
from tests.certs import DAY, Issued, make_ca, make_leaf, make_list
from tests.e2e.clients import connect, refusal, round_trip
from tests.e2e.conftest import Backend
from tests.e2e.requests import Headers, answer, headers_of, request, telling_server, told, told_over_http2, values
from tests.e2e.site import NODE, OPERATOR, Site, is_settled, serve, status_of
from tests.factories import make_load_balancer, make_server_group, store_certificate
from tests.waiting import wait_until

NOW = dt.datetime.now(dt.UTC)
ROOT = make_ca("Observed")
GOOD = make_leaf("good.test", issuer=ROOT, client=True)
STRANGER = make_leaf("stranger.test", issuer=make_ca("Others"), client=True)
REVOKED = make_leaf("revoked.test", issuer=ROOT, client=True)
CLIENTS: dict[str, tuple[Issued | None, str]] = {
    "good": (GOOD, ""),
    "none": (None, "no-client-certificate"),
    "expired": (
        make_leaf("old.test", issuer=ROOT, client=True, not_before=NOW - 9 * DAY, not_after=NOW - DAY),
        "certificate-expired",
    ),
    "stranger": (STRANGER, "unknown-ca"),
    "alone": (make_leaf("alone.test", client=True), "unknown-ca"),
    "purpose": (make_leaf("server.test", issuer=ROOT), "certificate-purpose"),
    "revoked": (REVOKED, "certificate-revoked"),
}


def seen(listener: Listener, client: Issued | None) -> ObservedClient | None:
    return ObservedClient.objects.filter(listener=listener, sha256=client.sha256 if client else "").first()


def seen_often(listener: Listener, client: Issued | None, connections: int) -> ObservedClient:
    """Wait until a client was seen so often."""

    def found() -> ObservedClient | None:
        row = seen(listener, client)
        return row if row and row.connections >= connections else None

    row = wait_until(found)
    assert row
    return row


def observe(backend: Backend, authority_id: str) -> Listener:
    return serve(
        backend.port,
        security_policy=WIZARD_POLICY,
        mutual_authentication=True,
        mutual_authentication_mode="observe",
        ca_certificate_id=authority_id,
    )


@pytest.fixture(scope="module")
def authority_id(site: Site) -> str:
    """The CA certificate of the clients, with a revocation list."""
    authority = store_certificate(ROOT, Kind.CA)
    carry_list(OPERATOR, authority.pk, source="uploaded", der=make_list(ROOT, REVOKED))
    return authority.pk


@pytest.fixture(scope="module")
def observed(authority_id: str, backend: Backend) -> Listener:
    """A TCPSSL listener that observes its clients."""
    return observe(backend, authority_id)


@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_is_let_in_and_recorded_with_the_reason_to_refuse_it(observed: Listener, name: str) -> None:
    client, reason = CLIENTS[name]
    for _time in range(2):
        assert round_trip(observed.port, client=client)
    row = seen_often(observed, client, 2)
    assert row.connections == 2
    assert row.reason == reason
    assert row.subject == (client.certificate.subject.rfc4514_string() if client else "")
    assert row.not_after == (client.certificate.not_valid_after_utc if client else None)


def test_client_that_brings_its_intermediate_is_valid_as_for_the_engine(site: Site, backend: Backend) -> None:
    root = make_ca("Above")
    client = make_leaf("below.test", issuer=make_ca("Middle", issuer=root), client=True)
    listener = observe(backend, store_certificate(root, Kind.CA).pk)
    assert round_trip(listener.port, client=client)
    assert seen_often(listener, client, 1).reason == ""


def test_enforcing_refuses_whom_observing_named_and_goes_on_recording(site: Site, observed: Listener) -> None:
    services.set_mutual_authentication(OPERATOR, observed.pk, enabled=True, mode="enforce")
    wait_until(lambda: is_settled(observed) and "CERTIFICATE_REQUIRED" in refusal(observed.port))
    for client, reason in CLIENTS.values():
        before = row.connections if (row := seen(observed, client)) else 0
        assert bool(refusal(observed.port, client=client)) == bool(reason)
        assert seen_often(observed, client, before + 1).reason == reason


def test_nobody_is_recorded_where_nobody_is_asked(site: Site, backend: Backend) -> None:
    listener = serve(backend.port, security_policy=WIZARD_POLICY)
    assert round_trip(listener.port, client=GOOD)
    wait_until(lambda: (status := status_of(listener)) and status.handshakes == 1)
    assert not ObservedClient.objects.filter(listener=listener).exists()


ALIAS = "x_device"
EVERY_PART: dict[str, Any] = dict.fromkeys(CERTIFICATE_HEADERS, True)
FORGED: Headers = [
    spelled
    for name in (*CERTIFICATE_HEADERS.values(), ALIAS)
    for spelled in (
        (name, "forged"),
        (name.upper(), "forged"),
        (name.title(), "forged"),
        (name.replace("-", "_"), "forged"),
        (name.replace("_", "-"), "forged"),
        (name.replace("-", "."), "forged"),
        (name.replace("-", "_", 1), "forged"),
    )
]


@pytest.fixture(scope="module")
def server_port() -> Iterator[int]:
    with telling_server() as port:
        yield port


@pytest.fixture(scope="module")
def listener(authority_id: str, server_port: int) -> Listener:
    """An HTTPS listener that observes its clients."""
    servers = [services.ServerSpec("127.0.0.1", server_port)]
    return serve(
        protocol="HTTPS",
        load_balancer_id=make_load_balancer(product="ALB", edition="Standard").pk,
        server_group_id=make_server_group(servers=servers, protocol="HTTP", health_check_enabled=False).pk,
        mutual_authentication=True,
        mutual_authentication_mode="observe",
        ca_certificate_id=authority_id,
    )


def set_headers(listener: Listener, **settings: Any) -> None:
    """Set these alone, and wait until they are served."""
    usual = dict.fromkeys(CERTIFICATE_HEADERS, False)
    aliases = {f"{part}_alias": "" for part in CERTIFICATE_HEADERS}
    services.set_forwarded_headers(OPERATOR, listener.pk, **{**usual, **aliases, **settings})
    wait_until(lambda: has_followed(listener))


def has_followed(listener: Listener) -> bool:
    """Tell whether the engine has everything that was committed."""
    node = NodeStatus.objects.get(node=NODE)
    return node.change_cursor >= newest_change_id() and is_settled(listener)


def certificate_headers(headers: Headers, **renamed: str) -> dict[str, list[str]]:
    names = {**CERTIFICATE_HEADERS, **renamed}
    return {part: values(headers, name) for part, name in names.items()}


NOTHING: dict[str, list[str]] = {part: [] for part in CERTIFICATE_HEADERS}


def test_servers_get_the_parts_of_the_certificate_and_whether_it_is_valid(listener: Listener) -> None:
    set_headers(listener, **EVERY_PART)
    for client, verdict in ((GOOD, "SUCCESS"), (STRANGER, "FAILED")):
        assert certificate_headers(told(listener.port, FORGED, client=client)) == {
            "subjectdn": [client.certificate.subject.rfc4514_string()],
            "issuerdn": [client.certificate.issuer.rfc4514_string()],
            "fingerprint": [client.sha256],
            "clientverify": [verdict],
        }


def test_client_without_a_certificate_can_claim_none(listener: Listener) -> None:
    set_headers(listener, **EVERY_PART)
    assert certificate_headers(told(listener.port, FORGED)) == {**NOTHING, "clientverify": ["NONE"]}


def test_headers_that_are_off_cannot_be_forged(listener: Listener) -> None:
    set_headers(listener)
    assert certificate_headers(told(listener.port, FORGED, client=GOOD)) == NOTHING


def test_header_under_an_alias_can_be_forged_by_neither_name_on_or_off(listener: Listener) -> None:
    set_headers(listener, subjectdn=True, subjectdn_alias=ALIAS)
    headers = told(listener.port, FORGED, client=GOOD)
    assert values(headers, ALIAS) == [GOOD.certificate.subject.rfc4514_string()]
    assert certificate_headers(headers) == NOTHING
    set_headers(listener, subjectdn_alias=ALIAS)
    headers = told(listener.port, FORGED)
    assert values(headers, ALIAS) == []
    assert certificate_headers(headers) == NOTHING


def test_nothing_is_forged_over_http2(listener: Listener, tmp_path: Path) -> None:
    set_headers(listener, subjectdn=True)
    headers = told_over_http2(listener.port, FORGED, tmp_path, GOOD)
    expected = {**NOTHING, "subjectdn": [GOOD.certificate.subject.rfc4514_string()]}
    assert certificate_headers(headers) == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("append", ["192.0.2.9,127.0.0.1"]), ("keep", ["192.0.2.9"]), ("remove", [])],
)
def test_address_of_the_client_is_added_kept_or_removed(listener: Listener, mode: str, expected: list[str]) -> None:
    set_headers(listener, forwarded_for=mode)
    headers = told(listener.port, [("X-Forwarded-For", "192.0.2.9")])
    assert values(headers, "x-forwarded-for") == expected
    assert not [name for name, _value in headers if name.startswith("x-envoy-")]


def test_the_other_headers_are_set_as_switched(listener: Listener) -> None:
    names = ("x-forwarded-proto", "x-forwarded-port", "x-forwarded-host", "x-forwarded-client-srcport", "slb-id")
    set_headers(listener, forwarded_for="append")
    headers = told(listener.port, [("X-Forwarded-Proto", "ftp")])
    assert [values(headers, name) for name in names] == [[], [], [], [], []]
    set_headers(listener, proto=True, port=True, host=True, client_port=True, load_balancer_id=True)
    headers = told(listener.port, [(name, "forged") for name in names])
    proto, port, host, client_port, balancer = (values(headers, name) for name in names)
    assert (proto, port, host) == (["https"], [str(listener.port)], ["a.test"])
    assert client_port[0].isdecimal()
    assert balancer == [listener.load_balancer_id]
    set_headers(listener, proto=False, port=False, host=False, client_port=False, load_balancer_id=False)


def test_requests_are_logged_without_their_query_and_the_client_is_found_behind_proxies(
    site: Site, listener: Listener
) -> None:
    set_headers(listener, source_lookup=True, trusted_sources=["127.0.0.0/8", "10.0.0.0/8"])
    services.update_listener(OPERATOR, listener.pk, access_log_enabled=True)
    wait_until(lambda: has_followed(listener))
    sent = [("X-Forwarded-For", "198.51.100.7, 203.0.113.5, 10.0.0.9"), ("User-Agent", "probe")]
    told(listener.port, sent, client=GOOD, path="/orders?token=secret")
    log = site.data_dir / "requests" / request_log_path(listener.pk).name
    text = wait_until(lambda: log.read_text() if log.exists() else "")
    line = json.loads(text)
    assert "secret" not in text
    assert (line["client"], line["path"], line["status"], line["method"]) == ("203.0.113.5", "/orders", 200, "GET")
    assert line["client_certificate"] == GOOD.sha256
    assert line["user_agent"] == "probe"
    assert log.stat().st_mode & 0o077 == 0


def test_rules_go_by_the_client_behind_trusted_proxies(site: Site, listener: Listener) -> None:
    gone = {"type": "FixedResponse", "code": 410}
    source = {"type": "SourceIp", "values": ["198.51.100.0/24"]}
    create_rules(OPERATOR, listener.pk, [{"name": "gone", "conditions": [source], "actions": [gone]}])
    sent = [("X-Forwarded-For", "198.51.100.7")]
    for looks_up, status in ((True, b" 410 "), (False, b" 200 ")):
        set_headers(listener, source_lookup=looks_up, trusted_sources=["127.0.0.0/8"])
        assert status in answer(listener.port, sent).partition(b"\r\n")[0]
        assert b" 200 " in answer(listener.port).partition(b"\r\n")[0]


def test_connection_that_was_open_before_an_alias_was_given_can_forge_nothing_either(listener: Listener) -> None:
    set_headers(listener)
    forged = request([(ALIAS.replace("_", "-"), "forged")])
    with connect(listener.port) as connection:
        connection.sendall(forged)
        assert values(headers_of(connection), ALIAS) == ["forged"]  # nothing guards the name yet
        set_headers(listener, subjectdn=True, subjectdn_alias=ALIAS.replace("_", "-"))
        connection.sendall(forged)
        assert values(headers_of(connection), ALIAS) == []


def test_header_that_is_spelled_like_a_pseudo_header_is_no_request(listener: Listener) -> None:
    forged = [(f":{name}", "forged") for name in CERTIFICATE_HEADERS.values()]
    assert answer(listener.port, forged).startswith(b"HTTP/1.1 400")
