"""Write down what became of an attempt; only the holder of the lease may."""

import datetime as dt
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from certificates.models import CertificateVersion
from console.errors import DomainError
from events.actor import SYSTEM
from events.feed import recording
from renewals.leases import NO_LEASE, NO_ORDER, Lease, LeaseLostError
from renewals.models import Attempt, Renewal
from renewals.planning import next_moment
from renewals.problems import AttemptFailedError, as_stored
from renewals.schedule import retry_moment

NO_FAILURE: dict[str, Any] = {"failures": 0, "failing_since": None, "last_problem": {}}


def record_issued(lease: Lease, version: CertificateVersion) -> None:
    """Keep that ``version`` was stored and when the next is due; to be called in the transaction that stored it."""
    now = timezone.now()
    with recording(SYSTEM) as changes:
        renewal = lease.row().first()
        if renewal is None:
            raise LeaseLostError(lease.renewal_id)  # takes the stored version back as well
        lease.row().update(
            certificate=version.certificate_id,
            state=Renewal.State.WAITING,
            renewed_at=now,
            versions_issued=F("versions_issued") + 1,
            next_attempt_at=next_moment(version, now),
            next_information_at=now if renewal.source == Renewal.Source.ACME else None,
            window_start=None,
            window_end=None,
            **NO_ORDER,
            **NO_LEASE,
            **NO_FAILURE,
        )
        _end(lease.renewal_id, Attempt.Outcome.ISSUED, now, {})
        changes.record("renewal.issued", renewal, f"Renewed “{renewal.name}”", version=version.number)


def record_failure(lease: Lease, error: DomainError) -> None:
    """Keep why the attempt failed and when the next is made; the order stays, to be gone on with."""
    now = timezone.now()
    problem = as_stored(error)
    wait_until = error.wait_until if isinstance(error, AttemptFailedError) else None
    with recording(SYSTEM) as changes:
        renewal = lease.row().select_related("certificate__current_version").first()
        if renewal is None:
            return  # whoever paused it or took it over has written its end
        lease.row().update(
            state=Renewal.State.FAILED,
            next_attempt_at=retry_moment(now, renewal.failures + 1, _life(renewal), wait_until),
            failures=F("failures") + 1,
            failing_since=Coalesce("failing_since", now),
            last_problem=problem,
            **NO_LEASE,
        )
        _end(renewal.pk, Attempt.Outcome.FAILED, now, problem)
        changes.record("renewal.failed", renewal, f"Renewal of “{renewal.name}” failed", code=error.code)


def record_interruption(renewal_id: str, attempt: Attempt | None) -> None:
    """Keep that an attempt ended before its time; the renewal itself is somebody else's."""
    rows = Attempt.objects.filter(renewal_id=renewal_id, ended_at=None)
    rows = rows.filter(pk=attempt.pk) if attempt else rows
    rows.update(ended_at=timezone.now(), outcome=Attempt.Outcome.INTERRUPTED)


def _life(renewal: Renewal) -> dt.timedelta | None:
    version = renewal.certificate.current_version if renewal.certificate else None
    return version.not_after - version.not_before if version else None


def _end(renewal_id: str, outcome: Attempt.Outcome, now: dt.datetime, problem: dict[str, str]) -> None:
    rows = Attempt.objects.filter(renewal_id=renewal_id, ended_at=None)
    rows.update(ended_at=now, outcome=outcome, problem=problem)
