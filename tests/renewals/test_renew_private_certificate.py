"""Certificates of a private authority, renewed by the same machinery."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from authorities.models import IssuedCertificate
from renewals import services
from renewals.models import Attempt, Renewal
from renewals.running import run_renewal
from tests.authorities.rows import make_root
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def test_certificate_is_issued_and_renewed_without_any_proof() -> None:
    authority = make_root()
    renewal = services.create_renewal(OPERATOR, authority_id=authority.pk, names=["*.intra.test", "10.0.0.1"], days=30)
    for number in (1, 2):
        attempt = run_renewal(renewal.pk)
        assert attempt
        assert attempt.outcome == Attempt.Outcome.ISSUED, attempt.problem
        renewal.refresh_from_db()
        assert renewal.certificate
        version = renewal.certificate.current_version
        assert version
        assert version.number == number
        assert {name.value for name in version.names.all()} == {"*.intra.test", "10.0.0.1"}
        assert dt.timedelta(days=29) < version.not_after - timezone.now() <= dt.timedelta(days=30)
        assert hasattr(version, "key")
        Renewal.objects.update(next_attempt_at=timezone.now())
    assert IssuedCertificate.objects.filter(authority=authority).count() == 2
    assert renewal.next_information_at is None


def test_names_that_were_taken_out_of_the_renewal_go_with_its_next_version() -> None:
    renewal = services.create_renewal(OPERATOR, authority_id=make_root().pk, names=["a.intra.test", "b.intra.test"])
    run_renewal(renewal.pk)
    services.update_renewal(OPERATOR, renewal.pk, names=["a.intra.test"])
    services.renew_now(OPERATOR, renewal.pk)
    attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.outcome == Attempt.Outcome.ISSUED, attempt.problem
    renewal.refresh_from_db()
    assert renewal.certificate
    version = renewal.certificate.current_version
    assert version
    assert [name.value for name in version.names.all()] == ["a.intra.test"]
    assert renewal.pk in version.reason


def test_authority_that_would_be_outlived_fails_the_renewal_and_keeps_nothing() -> None:
    authority = make_root()
    renewal = services.create_renewal(OPERATOR, authority_id=authority.pk, names=["a.intra.test"], days=3650)
    Renewal.objects.update(days=36_000)
    attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.problem["code"] == "authority.outlived"
    assert not IssuedCertificate.objects.exists()


def test_command_renews_what_is_due_and_says_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    authority = make_root()
    good = services.create_renewal(OPERATOR, authority_id=authority.pk, names=["good.intra.test"])
    call_command("renewcertificates")
    assert "good.intra.test: issued" in capsys.readouterr().out
    bad = services.create_renewal(OPERATOR, authority_id=authority.pk, names=["bad.intra.test"])
    Renewal.objects.filter(pk=bad.pk).update(days=36_000)
    with pytest.raises(CommandError):
        call_command("renewcertificates")
    assert "bad.intra.test: failed" in capsys.readouterr().out
    call_command("renewcertificates")
    assert "0 due" in capsys.readouterr().out
    assert good.attempts.count() == 1
