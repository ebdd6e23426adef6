"""Stop alerting at once: what is told of a certificate or node ends in the transaction that replaces or deletes it."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from alerts.kinds import CERTIFICATE_KINDS, kinds_told_by
from alerts.ledger.settling import settle
from alerts.models import Delivery
from alerts.sources.repository import outdated_notices
from alerts.waking import wake_resolver
from events.models import Change
from events.notices import open_notices, resolve, writing_ledger

BATCH = 500


def resolve_changed(changes: Sequence[Change]) -> None:
    """Resolve what is told of the versions that changed certificates had, and of nodes that are forgotten."""
    ids = sorted({change.object_id for change in changes if change.object_type == "certificate"})
    resolved = sum(_resolve(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH))
    if any(change.kind == "node.forgotten" for change in changes):
        resolved += _settle_data_plane()
    if resolved:
        transaction.on_commit(wake_resolver)


def _settle_data_plane() -> int:
    """Resolve what a node alone had seen."""
    told = open_notices().filter(subject_kind__in=kinds_told_by(Delivery.Kind.SERVING))
    before = told.count()
    settle(told, timezone.now())
    return before - told.count()


def _resolve(certificate_ids: Sequence[str]) -> int:
    told = open_notices().filter(subject_kind__in=CERTIFICATE_KINDS, subject_id__in=certificate_ids)
    if not told.exists():
        return 0
    with writing_ledger():
        return resolve(outdated_notices().filter(subject_id__in=certificate_ids))
