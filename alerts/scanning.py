"""The expiry scan: find what has crossed a threshold, put it into the ledger, hand it out."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from alerts.handing.notices import hand_out
from alerts.heartbeat import ask_for_beat
from alerts.kinds import CERTIFICATE_KINDS, LIST, OUTSIDE
from alerts.ledger.settling import settle_certificates, settle_source
from alerts.models import Scan
from alerts.rules.deciding import Rule
from alerts.rules.scopes import enabled_rules
from alerts.sources.repository import decisions, untold
from alerts.sources.table import SOURCES
from alerts.waking import wake_sender
from events.actor import Actor
from events.notices import supersede_looser, write_crossings, writing_ledger

# So many at a time are put into the ledger, so that nobody waits long to write something else.
BATCH = 1000
SCANS_KEPT = dt.timedelta(days=30)


def scan_period() -> dt.timedelta:
    """Return how often the scan runs."""
    return dt.timedelta(minutes=settings.ALERTS_SCAN_MINUTES)


def is_scan_due(now: dt.datetime) -> bool:
    """Whether no scan began within the last period: a second beat changes nothing."""
    return not Scan.objects.filter(started_at__gt=now - scan_period(), started_at__lte=now).exists()


def run_scan(actor: Actor) -> Scan:
    """Scan once and return its row, which is kept with its problem when the scan fails.

    What a scan had found until it failed or was killed is kept, and handed out by the next one.
    """
    now = timezone.now()
    Scan.objects.filter(started_at__lt=now - SCANS_KEPT).delete()
    scan = Scan.objects.create(started_at=now, requested_by=actor.name)
    try:
        scan.notices_made = update_ledger(now)
        with writing_ledger():
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
    ask_for_beat()
    return scan


def update_ledger(now: dt.datetime) -> int:
    """Have the ledger say what the rules make of everything watched; return how many subjects crossed a threshold.

    Several transactions, each of which leaves the ledger right as far as it goes.
    """
    rules = enabled_rules()
    settle_certificates(rules, now)
    count = _find_certificates(rules, now) + sum(settle_source(source, rules, now) for source in SOURCES)
    with writing_ledger():
        supersede_looser((*CERTIFICATE_KINDS, LIST, OUTSIDE))
    return count


def _find_certificates(rules: Sequence[Rule], now: dt.datetime) -> int:
    """Search outside any transaction, then write what was found a batch at a time."""
    count = 0
    for decision in decisions(rules):
        if decision.rule.mutes:
            continue
        for batch in untold(decision, now, BATCH):
            with writing_ledger():
                write_crossings(batch, now)
            count += len(batch)
    return count
