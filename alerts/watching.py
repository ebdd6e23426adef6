"""Look every minute at what goes wrong at any moment, so that nobody waits for the next scan to hear of it."""

import datetime as dt

from alerts.handing.notices import hand_out
from alerts.ledger.settling import settle_source
from alerts.rules.scopes import enabled_rules
from alerts.sources.handshakes import look_at_handshakes
from alerts.sources.table import QUICK_SOURCES
from alerts.waking import wake_sender
from events.models import Notice
from events.notices import writing_ledger


def watch_failures(now: dt.datetime) -> int:
    """Put failures and their ends into the ledger and hand them out; return how many messages that made."""
    look_at_handshakes(now)
    rules = enabled_rules()
    found = sum(settle_source(source, rules, now) for source in QUICK_SOURCES)
    kinds = [kind for source in QUICK_SOURCES for kind in source.kinds]
    if not found and not Notice.objects.filter(subject_kind__in=kinds, owes_resolution=True).exists():
        return 0
    with writing_ledger():
        made = hand_out(now)
    if made:
        wake_sender()
    return made
