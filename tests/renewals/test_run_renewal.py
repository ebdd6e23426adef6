"""One attempt after the other: leases, failures, interruptions, and what goes on afterwards."""

import datetime as dt

import pytest
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from alerts.scanning import run_scan
from certificates.models import Certificate, CertificateVersion
from events.models import Notice
from renewals import services
from renewals.acme.client import deactivate
from renewals.leases import Lease, LeaseLostError, take
from renewals.models import AcmeAccount, Attempt, PendingChallenge, Renewal
from renewals.running import run_due, run_renewal
from tests.factories import OPERATOR, make_server_certificate
from tests.renewals.pebble import Pebble
from tests.renewals.rows import make_account, make_renewal
from tests.renewals.servers import Answer, forwarded, serving
from tests.waiting import free_port

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = dt.timedelta(hours=1)


def _make_due(renewal: Renewal) -> None:
    Renewal.objects.filter(pk=renewal.pk).update(next_attempt_at=timezone.now())


def test_one_renewal_is_worked_on_by_one(pebble: Pebble) -> None:
    renewal = make_renewal(pebble)
    assert take(renewal.pk)
    assert take(renewal.pk) is None
    assert run_renewal(renewal.pk) is None
    assert renewal.attempts.count() == 1


def test_renewal_that_is_not_due_or_paused_is_left_alone(pebble: Pebble) -> None:
    paused, later = make_renewal(pebble), make_renewal(pebble)
    services.pause_renewal(OPERATOR, paused.pk)
    Renewal.objects.filter(pk=later.pk).update(next_attempt_at=timezone.now() + HOUR)
    assert list(run_due(5)) == []
    services.resume_renewal(OPERATOR, paused.pk)
    assert take(paused.pk)


def test_lease_is_lost_by_pausing_and_a_stale_worker_writes_nothing(pebble: Pebble) -> None:
    renewal = make_renewal(pebble)
    lease = take(renewal.pk)
    assert lease
    lease.hold()
    services.pause_renewal(OPERATOR, renewal.pk)
    with pytest.raises(LeaseLostError):
        lease.hold()
    renewal.refresh_from_db()
    assert renewal.state == Renewal.State.PAUSED
    assert renewal.attempts.get().outcome == Attempt.Outcome.INTERRUPTED


def test_failure_is_kept_told_with_a_way_out_and_tried_again_later(pebble: Pebble) -> None:
    renewal = make_renewal(pebble)  # nobody forwards port 80
    now = timezone.now()
    attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.outcome == Attempt.Outcome.FAILED
    assert attempt.problem["code"] == "acme.connection"
    assert renewal.names[0] in attempt.problem["message"]
    assert attempt.problem["way_out"]
    renewal.refresh_from_db()
    assert (renewal.state, renewal.failures) == (Renewal.State.FAILED, 1)
    assert renewal.next_attempt_at
    assert renewal.next_attempt_at > now
    assert renewal.lease is None
    assert not PendingChallenge.objects.exists()


def test_success_ends_a_row_of_failures(pebble: Pebble, live_server: LiveServer) -> None:
    renewal = make_renewal(pebble)
    assert run_renewal(renewal.pk)
    _make_due(renewal)
    with forwarded(pebble.http_port, live_server.url):
        attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.outcome == Attempt.Outcome.ISSUED, attempt.problem
    renewal.refresh_from_db()
    assert (renewal.state, renewal.failures, renewal.failing_since) == (Renewal.State.WAITING, 0, None)
    assert renewal.last_problem == {}


def test_server_that_is_down_costs_one_failure(pebble: Pebble) -> None:
    renewal = make_renewal(pebble)
    AcmeAccount.objects.update(directory_url=f"http://127.0.0.1:{free_port()}/dir")
    attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.problem["code"] == "acme.unreachable"


def test_rate_limit_of_the_server_is_respected(pebble: Pebble) -> None:
    renewal = make_renewal(pebble)
    body = b'{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many certificates already issued"}'
    headers = {"Content-Type": "application/problem+json", "Retry-After": "86400"}
    with serving(lambda *request: Answer(429, body, headers)) as url:
        AcmeAccount.objects.update(directory_url=f"{url}/dir")
        attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.problem["code"] == "acme.rateLimited"
    renewal.refresh_from_db()
    assert renewal.next_attempt_at
    assert renewal.next_attempt_at > timezone.now() + 23 * HOUR


def test_challenge_without_a_listener_fails_before_the_server_looks(pebble: Pebble, settings: Settings) -> None:
    settings.RENEWALS_SERVE_SECONDS = 0
    renewal = make_renewal(pebble, challenge="tls-alpn-01")
    attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.problem["code"] == "renewal.no-listener"
    renewal.refresh_from_db()
    assert renewal.order_url  # the order is still good


def test_open_order_goes_on_with_the_next_attempt(pebble: Pebble, live_server: LiveServer, settings: Settings) -> None:
    settings.RENEWALS_SERVE_SECONDS = 0
    renewal = make_renewal(pebble, challenge="tls-alpn-01")
    kept = _order_without_listener(renewal)
    Renewal.objects.filter(pk=renewal.pk).update(challenge="http-01", next_attempt_at=timezone.now())
    with forwarded(pebble.http_port, live_server.url):
        attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.outcome == Attempt.Outcome.ISSUED, attempt.problem
    assert pebble.output.count(kept.rpartition("/")[2]) > 1
    renewal.refresh_from_db()
    assert (renewal.order_url, renewal.order_key) == ("", None)


def _order_without_listener(renewal: Renewal) -> str:
    attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.problem["code"] == "renewal.no-listener"
    return str(Renewal.objects.values_list("order_url", flat=True).get(pk=renewal.pk))


def test_abandoned_attempt_is_taken_over_and_called_interrupted(pebble: Pebble) -> None:
    renewal = make_renewal(pebble)
    assert take(renewal.pk)
    Renewal.objects.filter(pk=renewal.pk).update(leased_until=timezone.now())
    assert isinstance(take(renewal.pk), Lease)
    assert [attempt.outcome for attempt in renewal.attempts.all()] == ["", Attempt.Outcome.INTERRUPTED]


def test_certificate_that_is_there_gets_a_new_version(pebble: Pebble, live_server: LiveServer) -> None:
    certificate = make_server_certificate("adopted.test")
    renewal = make_renewal(pebble, "adopted.test", certificate_id=certificate.pk)
    with forwarded(pebble.http_port, live_server.url):
        run_renewal(renewal.pk)
    certificate.refresh_from_db()
    assert certificate.current_version
    assert certificate.current_version.number == 2
    assert Certificate.objects.count() == 1


@pytest.mark.parametrize(("key_type", "algorithm", "bits"), [("P-384", "ECDSA", 384), ("RSA-2048", "RSA", 2048)])
def test_key_is_made_as_chosen(
    pebble: Pebble, live_server: LiveServer, key_type: str, algorithm: str, bits: int
) -> None:
    renewal = make_renewal(pebble, key_type=key_type)
    with forwarded(pebble.http_port, live_server.url):
        run_renewal(renewal.pk)
    version = CertificateVersion.objects.get()
    assert (version.key_algorithm, version.key_bits) == (algorithm, bits)


def test_one_account_orders_many(pebble: Pebble, live_server: LiveServer) -> None:
    account = make_account(pebble)
    for _ in range(3):
        make_renewal(pebble, account_id=account.pk)
    with forwarded(pebble.http_port, live_server.url):
        outcomes = [attempt.outcome for attempt in run_due(60)]
    assert outcomes == [Attempt.Outcome.ISSUED] * 3


def test_account_that_its_server_has_closed_is_told_with_a_way_out(pebble: Pebble) -> None:
    renewal = make_renewal(pebble)
    assert renewal.account
    deactivate(renewal.account)
    for failures in (1, 2):
        _make_due(renewal)
        attempt = run_renewal(renewal.pk)
        assert attempt
        assert attempt.problem["code"] == "acme.unauthorized", attempt.problem
        assert "the account" in attempt.problem["way_out"]
        renewal.refresh_from_db()
        assert renewal.failures == failures
    run_scan(OPERATOR)
    assert Notice.objects.get(subject_kind="renewal").subject_id == renewal.pk
