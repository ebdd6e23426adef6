"""Replacing what is served under load: nobody notices, and what was open stays open."""

import time

import pytest

from certificates.services import replace_certificate, roll_back_certificate
from listeners import services
from listeners.models import Binding
from tests.certs import make_leaf
from tests.e2e.clients import Load, connect, echo, running, served
from tests.e2e.conftest import Backend
from tests.e2e.site import OPERATOR, Site, receipts_of, serve, status_of
from tests.factories import store_certificate
from tests.waiting import wait_until

DRAIN_SECONDS = 2
REPLACES = 10


@pytest.fixture(scope="module")
def drain_seconds() -> int:
    return DRAIN_SECONDS


def test_replaces_and_changes_under_load_lose_nothing_and_touch_no_open_connection(
    site: Site, backend: Backend
) -> None:
    certificate = store_certificate(make_leaf("a.test"))
    listener = serve(backend.port, certificate_id=certificate.pk)
    load = Load(listener.port, "a.test")
    with connect(listener.port, "a.test") as open_since_before, running(load):
        assert echo(open_since_before)
        for _ in range(REPLACES):
            version = make_leaf("a.test")
            replace_certificate(
                OPERATOR, certificate.pk, certificate_pem=version.chain_pem, private_key_pem=version.key_pem
            )
            wait_until(lambda: served(listener.port) == version.sha256, interval=0.005)  # noqa: B023
        other = make_leaf("a.test")
        services.change_default_certificate(OPERATOR, listener.pk, certificate_id=store_certificate(other).pk)
        wait_until(lambda: served(listener.port) == other.sha256)
        # Watch for longer than connections of a filter chain that is taken away would live.
        end = time.monotonic() + DRAIN_SECONDS + 1.5
        while time.monotonic() < end:
            assert echo(open_since_before)
            time.sleep(0.1)
    assert load.failures == []
    assert load.succeeded > 2 * REPLACES
    assert len(load.fingerprints) > REPLACES / 2
    wait_until(lambda: receipts_of(listener)[0].expected_sha256 == other.sha256)
    assert all(receipt.is_expected for receipt in receipts_of(listener))


def test_roll_back_serves_the_version_before(site: Site, backend: Backend) -> None:
    first, second = make_leaf("a.test"), make_leaf("a.test")
    certificate = store_certificate(first)
    listener = serve(backend.port, certificate_id=certificate.pk)
    replace_certificate(OPERATOR, certificate.pk, certificate_pem=second.chain_pem, private_key_pem=second.key_pem)
    wait_until(lambda: served(listener.port) == second.sha256)
    roll_back_certificate(OPERATOR, certificate.pk)
    wait_until(lambda: served(listener.port) == first.sha256)


def test_roll_back_of_a_change_serves_the_certificate_before(site: Site, backend: Backend) -> None:
    first, second = make_leaf("a.test"), make_leaf("b.test")
    listener = serve(backend.port, certificate_id=store_certificate(first).pk)
    services.change_default_certificate(OPERATOR, listener.pk, certificate_id=store_certificate(second).pk)
    wait_until(lambda: served(listener.port) == second.sha256)
    binding = Binding.objects.get(listener=listener, role=Binding.Role.DEFAULT)
    services.roll_back_binding(OPERATOR, binding.pk)
    wait_until(lambda: served(listener.port) == first.sha256)


def test_added_name_is_served_and_removed_name_falls_back(site: Site, backend: Backend) -> None:
    default, named = make_leaf("default.test"), make_leaf("named.test")
    listener = serve(backend.port, certificate_id=store_certificate(default).pk)
    additional = store_certificate(named)
    with connect(listener.port) as open_since_before:
        services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[additional.pk])
        wait_until(lambda: served(listener.port, "named.test") == named.sha256)
        assert echo(open_since_before)
        services.remove_additional_certificates(OPERATOR, listener.pk, certificate_ids=[additional.pk])
        wait_until(lambda: served(listener.port, "named.test") == default.sha256)
        assert echo(open_since_before)


def test_handshakes_and_bytes_are_counted(site: Site, backend: Backend) -> None:
    listener = serve(backend.port)
    for _ in range(5):
        with connect(listener.port) as connection:
            assert echo(connection, b"x" * 1000)
    wait_until(lambda: (found := status_of(listener)) and found.handshakes == 5)
    status = status_of(listener)
    assert status
    assert (status.bytes_received, status.bytes_sent) == (5000, 5000)
    assert status.failures == {}
