"""Mutual authentication: who is let in, and that the others never reach a server."""

import datetime as dt

import pytest

from certificates.models import Kind
from listeners import services
from listeners.models import Listener
from listeners.tls_policies import WIZARD_POLICY
from tests.certs import DAY, Issued, make_ca, make_leaf
from tests.e2e.clients import refusal, round_trip
from tests.e2e.conftest import Backend
from tests.e2e.site import OPERATOR, Site, is_settled, receipts_of, serve, status_of
from tests.factories import store_certificate
from tests.waiting import wait_until

NOW = dt.datetime.now(dt.UTC)
AUTHORITY = make_ca("Clients")
RIGHT = make_leaf("client.test", issuer=AUTHORITY, client=True)
EXPIRED = make_leaf("client.test", issuer=AUTHORITY, client=True, not_before=NOW - 9 * DAY, not_after=NOW - DAY)
STRANGER = make_leaf("client.test", issuer=make_ca("Strangers"), client=True)
REFUSED = [
    (None, "CERTIFICATE_REQUIRED", "no-client-certificate"),
    (EXPIRED, "CERTIFICATE_EXPIRED", "certificate-expired"),
    (STRANGER, "UNKNOWN_CA", "unknown-ca"),
]


@pytest.fixture(scope="module")
def listener(site: Site, backend: Backend) -> Listener:
    """A listener that wants certificates of one authority."""
    return serve(
        backend.port,
        security_policy=WIZARD_POLICY,
        mutual_authentication=True,
        ca_certificate_id=store_certificate(AUTHORITY, Kind.CA).pk,
    )


def test_client_of_the_authority_is_accepted(listener: Listener) -> None:
    assert round_trip(listener.port, client=RIGHT)


@pytest.mark.parametrize(("client", "alert", "reason"), REFUSED, ids=[reason for _, _, reason in REFUSED])
def test_other_clients_are_refused_counted_and_never_reach_a_server(
    listener: Listener, backend: Backend, client: Issued | None, alert: str, reason: str
) -> None:
    before = backend.connections
    assert alert in refusal(listener.port, client=client)
    wait_until(lambda: (status := status_of(listener)) and status.failures.get(reason) == 1)
    assert backend.connections == before


def test_receipt_shows_that_a_stranger_is_refused_and_counts_in_no_statistic(site: Site, backend: Backend) -> None:
    listener = serve(
        backend.port,
        security_policy=WIZARD_POLICY,
        mutual_authentication=True,
        ca_certificate_id=store_certificate(make_ca("Asked"), Kind.CA).pk,
    )
    (receipt,) = wait_until(lambda: receipts_of(listener))
    assert receipt.is_expected
    assert receipt.error == ""
    assert receipt.served_sha256 == receipt.expected_sha256
    assert "CERTIFICATE_REQUIRED" in refusal(listener.port)
    wait_until(lambda: (found := status_of(listener)) and found.failures)
    status = status_of(listener)
    assert status
    assert (status.failures, status.handshakes) == ({"no-client-certificate": 1}, 0)


def test_mutual_authentication_is_switched_on_and_off(site: Site, backend: Backend) -> None:
    listener = serve(backend.port, security_policy=WIZARD_POLICY)
    assert round_trip(listener.port)
    authority = store_certificate(make_ca("Switched"), Kind.CA)
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=True, ca_certificate_id=authority.pk)
    wait_until(lambda: "CERTIFICATE_REQUIRED" in refusal(listener.port))
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=False)
    wait_until(lambda: not refusal(listener.port))
    wait_until(lambda: is_settled(listener))


def test_another_authority_is_trusted_at_once(site: Site, backend: Backend) -> None:
    listener = serve(
        backend.port, mutual_authentication=True, ca_certificate_id=store_certificate(make_ca("Old"), Kind.CA).pk
    )
    new = make_ca("New")
    client = make_leaf("client.test", issuer=new, client=True)
    assert "UNKNOWN_CA" in refusal(listener.port, client=client)
    services.change_ca_certificate(OPERATOR, listener.pk, ca_certificate_id=store_certificate(new, Kind.CA).pk)
    wait_until(lambda: not refusal(listener.port, client=client))
