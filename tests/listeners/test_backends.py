"""What server groups of each protocol can have: edges of ranges, what goes together, and the way out of the rest."""

from collections.abc import Mapping
from typing import Any

import pytest

from console.errors import InvalidInputError
from listeners.backend_fields import checked
from listeners.backend_rules import settle
from listeners.backends import BACKENDS, defaults_of
from listeners.models import ServerGroup

NETWORK, APPLICATION = ("TCP", "UDP", "TCP_UDP"), ("HTTP", "HTTPS", "gRPC")
ALL = (*NETWORK, *APPLICATION)


def settled(protocol: str, addresses: tuple[str, ...] = ("192.0.2.1",), **given: Any) -> dict[str, Any]:
    return settle(protocol, defaults_of(protocol), checked(given), addresses)


def refusal(protocol: str, addresses: tuple[str, ...] = ("192.0.2.1",), **given: Any) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        settled(protocol, addresses, **given)
    assert caught.value.way_out
    assert caught.value.field in given
    return caught.value


def test_every_protocol_has_its_line_and_every_setting_a_default_in_the_table() -> None:
    assert set(BACKENDS) == set(ServerGroup.Protocol.values)
    for backends in BACKENDS.values():
        assert all(hasattr(ServerGroup, name) for name in backends.defaults)
        assert backends.defaults["scheduler"] in backends.schedulers
        assert backends.defaults["health_check_protocol"] in backends.checks


@pytest.mark.parametrize("protocol", NETWORK)
def test_groups_of_streams_have_the_defaults_of_a_network_load_balancer(protocol: str) -> None:
    values = settled(protocol)
    assert (values["health_check_protocol"], values["health_check_interval_seconds"]) == ("TCP", 5)
    assert (values["healthy_threshold"], values["unhealthy_threshold"]) == (2, 2)
    assert values["health_check_enabled"] is (protocol != "UDP")


@pytest.mark.parametrize(("protocol", "check"), [("HTTP", "HTTP"), ("HTTPS", "HTTPS"), ("gRPC", "gRPC")])
def test_groups_of_requests_have_the_defaults_of_an_application_load_balancer(protocol: str, check: str) -> None:
    values = settled(protocol)
    assert (values["health_check_protocol"], values["health_check_interval_seconds"]) == (check, 2)
    assert (values["healthy_threshold"], values["unhealthy_threshold"]) == (3, 3)
    assert values["cookie_timeout_seconds"] == 1000


EDGES: Mapping[str, tuple[str, Mapping[str, Any], tuple[Any, ...], tuple[Any, ...]]] = {
    "cookie_timeout_seconds": ("HTTP", {"stickiness": "insert"}, (1, 86_400), (0, 86_401, "1", True)),
    "cookie": ("HTTP", {"stickiness": "server"}, ("a", "b" * 200), ("b" * 201, "a b", "a;b", "a,b", "$a", "a=b", "ü")),
    "hash_parameter": ("HTTP", {"scheduler": "uch"}, ("a", "b" * 100, "a[]"), ("b" * 101, "a b", "ü")),
    "slow_start_seconds": ("HTTP", {}, (0, 30, 900), (29, 901, -1, True)),
    "connection_drain_seconds": ("TCP", {}, (None, 0), (-1, 901, False)),
    "server_name": ("HTTPS", {}, ("", "a.example", "*.example"[2:]), ("192.0.2.1", "a b", "-a.example", "*.example")),
    "health_check_host": ("HTTP", {}, ("", "$SERVER_IP", "a.example", "::1"), ("a b", "http://a", "a." * 40 + "b")),
    "health_check_path": ("HTTP", {}, ("/", "/" + "a" * 79, "/a?b=c"), ("/" + "a" * 80, "a", "/a b", "/ü")),
    "health_check_method": ("HTTP", {}, ("HEAD", "GET"), ("POST", "PUT")),
    "health_check_codes": ("HTTP", {}, ([], ["http_2xx", "http_5xx"]), (["http_1xx"], ["200"], ["0"])),
    "health_check_port": ("TCP", {}, (0, 65_535), (-1, 65_536)),
    "health_check_timeout_seconds": ("TCP", {}, (1, 300), (0, 301)),
    "health_check_interval_seconds": ("TCP", {}, (1, 50), (0, 51)),
    "healthy_threshold": ("HTTP", {}, (2, 10), (1, 11)),
    "unhealthy_threshold": ("HTTP", {}, (2, 10), (1, 11)),
}


@pytest.mark.parametrize("field", EDGES)
def test_the_ends_of_a_range_are_taken_and_what_is_beyond_is_refused(field: str) -> None:
    protocol, beside, good, bad = EDGES[field]
    for value in good:
        settled(protocol, **beside, **{field: value})
    for value in bad:
        assert refusal(protocol, **beside, **{field: value}).field == field, value


SCHEDULERS = {protocol: set(BACKENDS[protocol].schedulers) for protocol in ALL}


@pytest.mark.parametrize("protocol", ALL)
@pytest.mark.parametrize("scheduler", ["wrr", "rr", "wlc", "sch", "tch", "uch", "qch", "fastest"])
def test_a_protocol_has_its_schedulers_and_says_what_comes_closest_to_the_others(protocol: str, scheduler: str) -> None:
    beside: dict[str, Any] = {"hash_parameter": "user"} if scheduler == "uch" and protocol in APPLICATION else {}
    if scheduler in SCHEDULERS[protocol]:
        assert settled(protocol, scheduler=scheduler, **beside)["scheduler"] == scheduler
        return
    error = refusal(protocol, scheduler=scheduler)
    assert error.code == "server-group.scheduler-invalid"
    assert "sch" in error.way_out


def test_four_tuples_are_hashed_of_tcp_alone_and_parameters_of_requests_alone() -> None:
    assert [protocol for protocol in ALL if "tch" in SCHEDULERS[protocol]] == ["TCP"]
    assert [protocol for protocol in ALL if "uch" in SCHEDULERS[protocol]] == list(APPLICATION)


def test_hash_of_quic_ids_is_refused_with_the_engines_reason() -> None:
    assert "QUIC that it passes on" in str(refusal("UDP", scheduler="qch"))


REFUSED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("TCP", "setting-not-applicable", {"stickiness": "insert"}),
    ("UDP", "setting-not-applicable", {"slow_start_seconds": 30}),
    ("UDP", "setting-not-applicable", {"connection_drain_seconds": 0}),
    ("HTTP", "drain-not-applicable", {"connection_drain_seconds": 300}),
    ("HTTP", "tls-not-applicable", {"verify_servers": True}),
    ("gRPC", "tls-not-applicable", {"server_name": "a.example"}),
    ("TCP", "drain-unavailable", {"connection_drain_seconds": 10}),
    ("TCP", "drain-without-check", {"connection_drain_seconds": 0, "health_check_enabled": False}),
    ("HTTP", "hash-parameter-missing", {"scheduler": "uch", "hash_parameter": ""}),
    ("HTTP", "setting-pointless", {"hash_parameter": "user"}),
    ("HTTP", "cookie-missing", {"stickiness": "server", "cookie": ""}),
    ("HTTP", "setting-pointless", {"stickiness": "insert", "cookie": "A"}),
    ("HTTP", "setting-pointless", {"stickiness": "server", "cookie": "A", "cookie_timeout_seconds": 5}),
    ("HTTP", "stickiness-with-hash", {"stickiness": "insert", "scheduler": "sch"}),
    ("HTTP", "slow-start-without-wrr", {"slow_start_seconds": 30, "scheduler": "wlc"}),
    ("HTTPS", "setting-pointless", {"ca_certificate_id": "cert-1"}),
    ("HTTPS", "server-name-missing", {"verify_servers": True, "server_name": ""}),
    ("TCP", "health-check-invalid", {"health_check_protocol": "HTTPS"}),
    ("HTTP", "health-check-invalid", {"health_check_protocol": "gRPC"}),
    ("TCP", "setting-pointless", {"health_check_path": "/health"}),
    ("HTTP", "setting-pointless", {"health_check_protocol": "TCP", "health_check_codes": ["http_3xx"]}),
    ("gRPC", "health-check-invalid", {"health_check_codes": ["http_2xx"]}),
)


@pytest.mark.parametrize(("protocol", "code", "given"), REFUSED)
def test_what_does_not_go_together_is_refused_with_the_way_out(protocol: str, code: str, given: dict[str, Any]) -> None:
    assert refusal(protocol, **given).code == f"server-group.{code}"


def test_servers_with_host_names_are_verified_by_them() -> None:
    assert settled("HTTPS", ("a.example", "b.example"), verify_servers=True)["verify_servers"]
    assert refusal("HTTPS", ("a.example", "::1"), verify_servers=True, server_name="").field == "server_name"


def test_a_detail_that_loses_its_meaning_goes_back_to_its_default() -> None:
    stored = settled("HTTP", scheduler="uch", hash_parameter="user", health_check_path="/up")
    changed = settle("HTTP", stored, checked({"scheduler": "wrr", "health_check_protocol": "TCP"}), ())
    assert (changed["hash_parameter"], changed["health_check_path"]) == ("", "/")


def test_a_setting_that_is_given_as_it_is_without_it_is_no_mistake() -> None:
    given: dict[str, Any] = {"stickiness": "", "cookie": "", "verify_servers": False, "connection_drain_seconds": None}
    assert settled("UDP", **given) == defaults_of("UDP")


def test_another_check_gets_a_method_that_goes_with_it() -> None:
    assert settled("gRPC", health_check_protocol="HTTP")["health_check_method"] == "HEAD"
    assert settled("TCP", health_check_protocol="HTTP")["health_check_method"] == "GET"


def test_grpc_may_say_its_one_code() -> None:
    assert settled("gRPC", health_check_codes=["0"])["health_check_codes"] == []
