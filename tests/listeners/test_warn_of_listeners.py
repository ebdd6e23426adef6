"""What deserves a word about a listener that is accepted all the same."""

import datetime as dt
import socket

import pytest

from listeners.models import Listener
from listeners.ports import port_warnings
from listeners.selectors import listener_in_full, policy_of
from listeners.services import ServerSpec
from listeners.warnings import listener_warnings, policy_warnings
from tests import factories
from tests.certs import DAY, make_leaf, rsa_key
from tests.waiting import free_port

SAFE = {"security_policy": "tls_cipher_policy_1_2_strict_with_1_3"}


def codes(listener: Listener) -> list[str]:
    return [warning.code for warning in listener_warnings(*listener_in_full(listener.pk))]


@pytest.mark.django_db
def test_a_sound_listener_has_no_warning() -> None:
    assert codes(factories.make_listener(**SAFE)) == []


@pytest.mark.django_db
def test_a_policy_with_obsolete_versions_is_warned_of() -> None:
    listener = factories.make_listener()
    assert codes(listener) == ["listener.weak-policy"]
    assert "TLSv1.0, TLSv1.1" in listener_warnings(*listener_in_full(listener.pk))[0].message
    assert "No TLS security policy was named" in policy_warnings(policy_of(listener), by_default=True)[0].message


@pytest.mark.django_db
def test_certificates_outside_their_validity_are_warned_of() -> None:
    now = dt.datetime.now(dt.UTC)
    expired = factories.make_server_certificate("a.test", not_before=now - 9 * DAY, not_after=now - DAY)
    early = factories.make_server_certificate("b.test", not_before=now + DAY, not_after=now + 9 * DAY)
    listener = factories.make_listener(certificate_id=expired.pk, additional_certificate_ids=[early.pk], **SAFE)
    assert codes(listener) == ["listener.certificate-expired", "listener.certificate-not-yet-valid"]


@pytest.mark.django_db
def test_the_better_of_two_certificates_for_a_name_is_told() -> None:
    better = factories.store_certificate(make_leaf("a.test", "b.test", key=rsa_key(3072)), name="better")
    worse = factories.store_certificate(make_leaf("a.test", key=rsa_key(2048)), name="worse")
    listener = factories.make_listener(additional_certificate_ids=[worse.pk, better.pk], **SAFE)
    (warning,) = listener_warnings(*listener_in_full(listener.pk))
    assert warning.code == "listener.name-overlap"
    assert "a.test" in warning.message
    assert warning.message.index("better") < warning.message.index("worse")


@pytest.mark.django_db
def test_an_additional_certificate_that_no_name_chooses_is_told() -> None:
    addressed = factories.make_server_certificate("192.0.2.1")
    assert codes(factories.make_listener(additional_certificate_ids=[addressed.pk], **SAFE)) == [
        "listener.never-chosen"
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("servers", [[], [ServerSpec("127.0.0.1", 80, 0)]])
def test_a_group_that_takes_no_connection_is_told(servers: list[ServerSpec]) -> None:
    group = factories.make_server_group(servers=servers)
    assert codes(factories.make_listener(server_group_id=group.pk, **SAFE)) == ["listener.no-servers"]


def test_a_port_that_another_program_holds_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        assert [warning.code for warning in port_warnings("127.0.0.1", port)] == ["listener.port-held"]
        assert [warning.code for warning in port_warnings("0.0.0.0", port)] == ["listener.port-held"]


def test_a_free_port_has_no_warning() -> None:
    assert port_warnings("127.0.0.1", free_port()) == []


def test_an_address_of_another_machine_is_told() -> None:
    assert [warning.code for warning in port_warnings("192.0.2.1", 8443)] == ["listener.address-elsewhere"]


def test_a_port_held_on_tcp_is_free_on_udp_and_the_other_way_round() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        assert port_warnings("127.0.0.1", holder.getsockname()[1], "udp") == []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        assert port_warnings("127.0.0.1", port) == []
        assert [warning.code for warning in port_warnings("127.0.0.1", port, "udp")] == ["listener.port-held"]
