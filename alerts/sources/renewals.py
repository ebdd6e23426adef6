"""Renewals that fail, or that nobody begins, are told like an expiry: once for each version that is awaited."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q

from alerts.kinds import RENEWAL
from alerts.models import Scan
from alerts.sources.candidates import Candidate
from renewals.selectors import troubled

# One failure may be a hiccup; the second comes minutes later.
FAILURES_BEFORE_TELLING = 2
# As long as scans are kept: with none since, what was due before that has been left lying in any case.
LONGEST_LOOK_BACK = dt.timedelta(days=30)


def renewal_candidates(now: dt.datetime) -> Iterator[Candidate]:
    """Yield the renewals in trouble; the certificate's end is what they lead to."""
    tellable = troubled(_looked_before(now)).filter(Q(failures=0) | Q(failures__gte=FAILURES_BEFORE_TELLING))
    for renewal in tellable.select_related("certificate").order_by("pk").iterator(chunk_size=2000):
        end = renewal.certificate.not_after if renewal.certificate else None
        yield Candidate(
            RENEWAL,
            renewal.pk,
            str(renewal.versions_issued),
            renewal.name,
            end or now,
            certificate_id=renewal.certificate_id or "",
        )


def _looked_before(now: dt.datetime) -> dt.datetime:
    """Return when the scan before this one began.

    What was overdue then is left lying by a worker that runs. After a week off everything is overdue at the first
    scan, and begun before the second.
    """
    earlier = Scan.objects.filter(started_at__lt=now).order_by("-started_at")
    return earlier.values_list("started_at", flat=True).first() or now - LONGEST_LOOK_BACK
