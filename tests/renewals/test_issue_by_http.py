"""Ordering a certificate from Pebble, proved by HTTP-01 through the console."""

from pytest_django.live_server_helper import LiveServer

from certificates.keys import open_private_key
from renewals.models import Attempt, PendingChallenge, Renewal
from renewals.running import run_due
from tests.renewals.pebble import Pebble
from tests.renewals.rows import make_renewal
from tests.renewals.servers import forwarded


def test_certificate_is_issued_and_renewed_as_a_new_version(pebble: Pebble, live_server: LiveServer) -> None:
    renewal = make_renewal(pebble, "shop.test", "www.shop.test")
    with forwarded(pebble.http_port, live_server.url):
        (attempt,) = run_due(60)
        assert attempt.outcome == Attempt.Outcome.ISSUED, attempt.problem
        renewal.refresh_from_db()
        certificate = renewal.certificate
        assert certificate
        first = certificate.current_version
        assert first
        assert {name.value for name in first.names.all()} == {"shop.test", "www.shop.test"}
        assert first.chain_pem.startswith("-----BEGIN CERTIFICATE-----")
        assert open_private_key(first.pk)
        assert renewal.next_attempt_at
        assert renewal.next_attempt_at > first.not_before + (first.not_after - first.not_before) / 2
        Renewal.objects.update(next_attempt_at=first.not_before)
        (again,) = run_due(60)
        assert again.outcome == Attempt.Outcome.ISSUED, again.problem
    certificate.refresh_from_db()
    second = certificate.current_version
    assert second
    assert second.number == 2
    assert second.spki_sha256 != first.spki_sha256
    assert not PendingChallenge.objects.exists()
