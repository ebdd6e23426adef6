"""Who works on a renewal: one process at a time, until it is done, lets go, or is killed and its time runs out."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from renewals.models import Attempt, Renewal

ATTEMPTS_KEPT = 100  # of each renewal
# A state that means that nobody works on it.
RESTING = (Renewal.State.WAITING, Renewal.State.FAILED)
# What a row of nobody's has, and one that no order waits for.
NO_LEASE = {"lease": None, "leased_until": None}
NO_ORDER = {"order_url": "", "order_key": None}


class LeaseLostError(Exception):
    """Say that the renewal is somebody else's by now, was paused or is gone: whatever is left to do is not ours."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one renewal."""

    renewal_id: str
    key: uuid.UUID

    def hold(self, seconds: float = 0) -> None:
        """Hold on for ``seconds`` beside the usual time; raise LeaseLostError when it is ours no more."""
        until = timezone.now() + dt.timedelta(seconds=settings.RENEWALS_LEASE_SECONDS + seconds)
        if not self.row().update(leased_until=until):
            raise LeaseLostError(self.renewal_id)

    def row(self) -> "QuerySet[Renewal]":
        """Return the row as long as it is ours: a write through it touches nobody else's."""
        return Renewal.objects.filter(pk=self.renewal_id, lease=self.key)


def due(now: dt.datetime) -> "QuerySet[Renewal]":
    """Return what is to be worked on now: whose time has come, and what a killed process left behind.

    Free of joins on purpose: an update of it then compares and sets in one statement.
    """
    waiting = Q(state__in=RESTING, next_attempt_at__lte=now)
    abandoned = Q(state=Renewal.State.RUNNING, leased_until__lte=now)
    return Renewal.objects.filter(waiting | abandoned)


def take(renewal_id: str) -> Lease | None:
    """Become the one who works on a renewal and open an attempt; None when it is not due or another is faster."""
    now, key = timezone.now(), uuid.uuid4()
    until = now + dt.timedelta(seconds=settings.RENEWALS_LEASE_SECONDS)
    rows = due(now).filter(pk=renewal_id)
    if not rows.update(state=Renewal.State.RUNNING, lease=key, leased_until=until):
        return None
    Attempt.objects.filter(renewal_id=renewal_id, ended_at=None).update(
        ended_at=now, outcome=Attempt.Outcome.INTERRUPTED
    )
    Attempt.objects.create(renewal_id=renewal_id, started_at=now)
    _forget_oldest(renewal_id)
    return Lease(renewal_id, key)


def _forget_oldest(renewal_id: str) -> None:
    """Keep the newest attempts of a renewal: one that fails for months makes hundreds."""
    attempts = Attempt.objects.filter(renewal_id=renewal_id).order_by("-id")
    oldest_kept = attempts.values_list("pk", flat=True)[ATTEMPTS_KEPT - 1 : ATTEMPTS_KEPT].first()
    if oldest_kept:
        Attempt.objects.filter(renewal_id=renewal_id, pk__lt=oldest_kept).delete()
