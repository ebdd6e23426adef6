"""Apply the rules of ``certificates.hints`` to what is stored, and keep what they find."""

from collections.abc import Mapping

from django.utils import timezone

from certificates.hint_words import Advice, advice_of
from certificates.hints import EDITION, Subject, lasting_hints, passing_hints, subject_of
from certificates.models import Certificate, CertificateHint, CertificateVersion
from certificates.parsing.refusals import Refusal
from events.actor import SYSTEM
from events.feed import recording

BATCH = 500


def advice_for(certificate: Certificate, version: CertificateVersion, *, is_used: bool) -> list[Advice]:
    """Return everything to act on about a version at this moment, what is worst first."""
    subject = stored_subject(certificate, version)
    if subject is None:
        return []
    hints = [*passing_hints(subject, timezone.now(), is_used=is_used), *lasting_hints(subject)]
    order = ("red", "yellow", "grey")
    return sorted((advice_of(hint) for hint in hints), key=lambda advice: order.index(advice.colour))


def keep_hints(subjects: Mapping[str, Subject | None]) -> None:
    """Store the lasting hints of current versions, given by the ids of their certificates.

    Call it in the transaction that made them current.
    """
    ids = list(subjects)
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        CertificateHint.objects.filter(certificate__in=batch).delete()
        rows = [
            CertificateHint(certificate_id=pk, code=hint.code)
            for pk in batch
            if (subject := subjects[pk])
            for hint in lasting_hints(subject)
        ]
        CertificateHint.objects.bulk_create(rows)
        Certificate.objects.filter(pk__in=batch).update(hints_edition=EDITION)


def examine_outdated(limit: int = BATCH) -> int:
    """Find again the hints of some certificates that an older edition of the rules has seen; return how many."""
    with recording(SYSTEM):
        outdated = Certificate.objects.exclude(hints_edition=EDITION).filter(current_version__isnull=False)
        found = list(outdated.select_related("current_version").order_by()[:limit])
        keep_hints({each.pk: stored_subject(each, each.current_version) for each in found if each.current_version})
    return len(found)


def stored_subject(certificate: Certificate, version: CertificateVersion) -> Subject | None:
    """Return what the rules look at, read again; None for what only newer software can read."""
    codes = [warning["code"] for warning in version.warnings]
    try:
        return subject_of(certificate.kind, version.leaf_pem, version.chain_pem, codes)
    except (Refusal, ValueError):
        return None
