"""The expiry scan: find what has crossed a threshold, put it into the ledger, hand it out."""

import datetime as dt
from itertools import islice

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from alerts.handing_out import hand_out
from alerts.lists import LIST_KIND, list_crossings, outdated_list_notices
from alerts.models import Scan
from alerts.renewals import outdated_renewal_notices, renewal_crossings
from alerts.subjects import CERTIFICATE_KINDS, SUBJECTS, crossings, outdated_notices
from alerts.waking import wake_sender
from events.actor import Actor
from events.notices import resolve, supersede_looser, write_crossings, writing_ledger

BATCH = 500
SCANS_KEPT = dt.timedelta(days=30)


def scan_period() -> dt.timedelta:
    """Return how often the scan runs."""
    return dt.timedelta(minutes=settings.ALERTS_SCAN_MINUTES)


def is_scan_due(now: dt.datetime) -> bool:
    """Whether no scan began within the last period: a second beat changes nothing."""
    return not Scan.objects.filter(started_at__gt=now - scan_period(), started_at__lte=now).exists()


def run_scan(actor: Actor) -> Scan:
    """Scan once, all or nothing, and return its row, which is kept with its problem when the scan fails."""
    now = timezone.now()
    Scan.objects.filter(started_at__lt=now - SCANS_KEPT).delete()
    scan = Scan.objects.create(started_at=now, requested_by=actor.name)
    try:
        with writing_ledger():
            scan.notices_made = _update_ledger(now)
            scan.deliveries_made = hand_out(now)
    except DatabaseError as error:
        scan.notices_made = scan.deliveries_made = 0
        scan.problem = f"{type(error).__name__}: {error}"
        raise
    finally:
        scan.finished_at = timezone.now()
        scan.save(update_fields=("finished_at", "notices_made", "deliveries_made", "problem"))
    if scan.deliveries_made:
        wake_sender()
    return scan


def _update_ledger(now: dt.datetime) -> int:
    """Resolve what is outdated, write what was crossed, and return how many subjects crossed a threshold."""
    resolve(outdated_notices())
    resolve(outdated_renewal_notices(now))
    resolve(outdated_list_notices(now))
    count = 0
    certificates = (crossings(subject, now) for subject in SUBJECTS)
    for found in (*certificates, renewal_crossings(now), list_crossings(now)):
        while batch := list(islice(found, BATCH)):
            write_crossings(batch, now)
            count += len(batch)
    supersede_looser((*CERTIFICATE_KINDS, LIST_KIND))
    return count
