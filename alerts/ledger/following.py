"""Stop alerting at once: what is told of a certificate ends in the transaction that replaces or deletes it."""

from collections.abc import Sequence

from django.db import transaction

from alerts.kinds import CERTIFICATE_KINDS
from alerts.sources.repository import outdated_notices
from alerts.waking import wake_resolver
from events.models import Change
from events.notices import open_notices, resolve, writing_ledger

BATCH = 500


def resolve_changed(changes: Sequence[Change]) -> None:
    """Resolve what is told of the versions that changed certificates had; those who were told hear of it soon."""
    ids = sorted({change.object_id for change in changes if change.object_type == "certificate"})
    if sum(_resolve(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)):
        transaction.on_commit(wake_resolver)


def _resolve(certificate_ids: Sequence[str]) -> int:
    told = open_notices().filter(subject_kind__in=CERTIFICATE_KINDS, subject_id__in=certificate_ids)
    if not told.exists():
        return 0
    with writing_ledger():
        return resolve(outdated_notices().filter(subject_id__in=certificate_ids))
