"""Observing clients: everybody is let in, and what enforcing would do to them is known before it is done."""

import datetime as dt

import pytest

from certificates.models import Kind
from certificates.revocation.services import carry_list
from listeners import services
from listeners.models import Listener, ObservedClient
from listeners.tls_policies import WIZARD_POLICY
from tests.certs import DAY, Issued, make_ca, make_leaf, make_list
from tests.e2e.clients import refusal, round_trip
from tests.e2e.conftest import Backend
from tests.e2e.site import OPERATOR, Site, is_settled, serve, status_of
from tests.factories import store_certificate
from tests.waiting import wait_until

NOW = dt.datetime.now(dt.UTC)
ROOT = make_ca("Observed")
GOOD = make_leaf("good.test", issuer=ROOT, client=True)
REVOKED = make_leaf("revoked.test", issuer=ROOT, client=True)
CLIENTS: dict[str, tuple[Issued | None, str]] = {
    "good": (GOOD, ""),
    "none": (None, "no-client-certificate"),
    "expired": (
        make_leaf("old.test", issuer=ROOT, client=True, not_before=NOW - 9 * DAY, not_after=NOW - DAY),
        "certificate-expired",
    ),
    "stranger": (make_leaf("stranger.test", issuer=make_ca("Others"), client=True), "unknown-ca"),
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
def listener(site: Site, backend: Backend) -> Listener:
    """A listener that observes clients of an authority with a revocation list."""
    authority = store_certificate(ROOT, Kind.CA)
    carry_list(OPERATOR, authority.pk, source="uploaded", der=make_list(ROOT, REVOKED))
    return observe(backend, authority.pk)


@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_is_let_in_and_recorded_with_the_reason_to_refuse_it(listener: Listener, name: str) -> None:
    client, reason = CLIENTS[name]
    for _time in range(2):
        assert round_trip(listener.port, client=client)
    row = seen_often(listener, client, 2)
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


def test_enforcing_refuses_whom_observing_named_and_goes_on_recording(site: Site, listener: Listener) -> None:
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=True, mode="enforce")
    wait_until(lambda: is_settled(listener) and "CERTIFICATE_REQUIRED" in refusal(listener.port))
    for client, reason in CLIENTS.values():
        before = row.connections if (row := seen(listener, client)) else 0
        assert bool(refusal(listener.port, client=client)) == bool(reason)
        assert seen_often(listener, client, before + 1).reason == reason


def test_nobody_is_recorded_where_nobody_is_asked(site: Site, backend: Backend) -> None:
    listener = serve(backend.port, security_policy=WIZARD_POLICY)
    assert round_trip(listener.port, client=GOOD)
    wait_until(lambda: (status := status_of(listener)) and status.handshakes == 1)
    assert not ObservedClient.objects.filter(listener=listener).exists()
