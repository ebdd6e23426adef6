"""What a change does to open connections."""

import pytest

from listeners.impact import CHANGE_OF_FIELD, IMPACTS, Severity, impact_of, impacts_of_fields
from listeners.services import ListenerFields, LoadBalancerChanges


def test_every_field_of_a_listener_has_an_impact() -> None:
    assert set(CHANGE_OF_FIELD.values()) <= set(IMPACTS)


@pytest.mark.parametrize("change", ["default-certificate", "ca-certificate", "certificates-added"])
def test_changing_or_adding_a_certificate_leaves_open_connections_alone(change: str) -> None:
    assert impact_of(change).severity == Severity.NONE


@pytest.mark.parametrize("change", ["mutual-authentication", "security-policy", "idle-timeout", "stop", "delete"])
def test_a_change_of_the_filter_chains_ends_open_connections(change: str) -> None:
    assert impact_of(change).severity == Severity.ALL_END


def test_what_is_agreed_when_a_connection_opens_ends_those_that_are_open() -> None:
    assert impact_of("http2").severity == Severity.ALL_END


def test_an_idle_timeout_ends_connections_unless_they_are_of_requests() -> None:
    (streams,) = impacts_of_fields(["idle_timeout_seconds"], "TCPSSL")
    (requests,) = impacts_of_fields(["idle_timeout_seconds"], "HTTPS")
    assert (streams.severity, requests.severity) == (Severity.ALL_END, Severity.NONE)


@pytest.mark.parametrize(("field", "protocol"), [("idle_timeout_seconds", "QUIC"), ("access_log_enabled", "QUIC")])
def test_what_reads_requests_of_quic_is_in_the_filter_chains(field: str, protocol: str) -> None:
    (impact,) = impacts_of_fields([field], protocol)
    assert impact.severity == Severity.ALL_END


def test_sessions_of_udp_begin_anew_with_another_idle_timeout() -> None:
    (impact,) = impacts_of_fields(["idle_timeout_seconds"], "UDP")
    assert "Sessions" in str(impact.connections)


@pytest.mark.parametrize("change", ["request-timeout", "compression", "quic-listener", "redirect", "rules"])
def test_a_change_of_the_routes_is_seen_by_the_next_request(change: str) -> None:
    assert impact_of(change).severity == Severity.NONE


def test_every_field_that_can_be_changed_has_an_impact() -> None:
    fields = ListenerFields.__annotations__.keys() | LoadBalancerChanges.__annotations__.keys()
    assert fields <= CHANGE_OF_FIELD.keys()


def test_the_most_disturbing_change_is_said_first_and_each_once() -> None:
    impacts = impacts_of_fields(["name", "region", "bind_address"])
    assert [impact.change for impact in impacts] == ["bind-address", "name"]
