"""Certificates from a real ACME server (Debian's Pebble), proved by TLS-ALPN-01 through a running listener."""

from collections.abc import Iterator

import pytest

from certificates.models import CertificateVersion
from listeners import services
from listeners.models import Listener, ListenerStatus
from renewals.models import Attempt, PendingChallenge, Renewal
from renewals.running import run_renewal
from tests.certs import make_leaf
from tests.e2e.clients import Load, connect, echo, running, served
from tests.e2e.conftest import Backend
from tests.e2e.site import OPERATOR, Site, state_of
from tests.factories import make_listener, make_server_group, store_certificate
from tests.renewals.pebble import Pebble, running_pebble
from tests.renewals.rows import make_renewal
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    with running_pebble(tmp_path_factory.mktemp("pebble")) as server:
        yield server


@pytest.fixture(scope="module")
def listener(site: Site, backend: Backend, pebble: Pebble) -> Listener:
    """The listener that Pebble takes for port 443: a default certificate and a wildcard beside it."""
    group = make_server_group(servers=[services.ServerSpec("127.0.0.1", backend.port)])
    default = store_certificate(make_leaf("default.test"), name="default")
    made = make_listener(port=pebble.tls_port, server_group_id=group.pk, certificate_id=default.pk)
    wildcard = store_certificate(make_leaf("*.shop.test"), name="wildcard")
    services.add_additional_certificates(OPERATOR, made.pk, certificate_ids=[wildcard.pk])
    wait_until(lambda: state_of(made) == ListenerStatus.State.RUNNING, 60)
    wait_until(lambda: served(made.port, "www.shop.test") == _sha256("wildcard"))
    return made


def _sha256(name: str) -> str:
    found = CertificateVersion.objects.filter(certificate__name=name).first()
    assert found
    return found.sha256


def test_listener_proves_names_and_serves_what_is_issued_and_renewed(pebble: Pebble, listener: Listener) -> None:
    binding = listener.bindings.get(role="default")
    renewal = make_renewal(pebble, "default.test", challenge="tls-alpn-01", certificate_id=binding.certificate_id)
    for _ in range(2):
        attempt = run_renewal(renewal.pk)
        assert attempt
        assert attempt.outcome == Attempt.Outcome.ISSUED, attempt.problem
        newest = _sha256("default")
        wait_until(lambda: served(listener.port, "default.test") == newest)  # noqa: B023
        Renewal.objects.filter(pk=renewal.pk).update(next_attempt_at=attempt.started_at)
    assert not PendingChallenge.objects.exists()


def test_clients_notice_nothing_of_a_challenge_for_a_name_of_a_wildcard(
    pebble: Pebble, listener: Listener, backend: Backend
) -> None:
    load = Load(listener.port, "www.shop.test")
    with connect(listener.port, "www.shop.test") as open_since_before, running(load):
        assert echo(open_since_before)
        reached = backend.connections
        renewal = make_renewal(pebble, "www.shop.test", challenge="tls-alpn-01")
        attempt = run_renewal(renewal.pk)
        assert echo(open_since_before)
    assert attempt
    assert attempt.outcome == Attempt.Outcome.ISSUED, attempt.problem
    assert load.failures == []
    assert load.fingerprints == {_sha256("wildcard")}
    assert backend.connections - reached <= load.succeeded + 1  # the ACME server's handshakes reached no backend
