"""Renewals that fail, or that nobody has begun."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from alerts.messages.contents.content import MOST_IN_EVENT, MOST_IN_MAIL, Content
from alerts.messages.endings import public_url
from alerts.models import Delivery
from events.models import Notice
from renewals.models import Renewal


def failing_renewals(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    """Say which certificates should have been renewed, and why they were not."""
    subjects = Notice.objects.filter(pk__in=notice_ids[:MOST_IN_EVENT]).values_list("subject_id", flat=True)
    rows = Renewal.objects.filter(pk__in=list(subjects)).select_related("certificate").order_by("name")
    failing = [(row, public_url("renewal-detail", row.pk)) for row in rows]
    shown = [{"renewal": row, "url": url} for row, url in failing[:MOST_IN_MAIL]]
    return Content(
        event="renewal.failing",
        context={
            "items": shown,
            "total": len(notice_ids),
            "left_out": len(notice_ids) - len(shown),
            "url": public_url("renewal-list"),
        },
        data={"total": len(notice_ids), "renewals": [_event_item(row, url) for row, url in failing]},
    )


def _event_item(renewal: Renewal, url: object) -> dict[str, Any]:
    not_after = renewal.certificate.not_after if renewal.certificate else None
    return {
        "id": renewal.pk,
        "name": renewal.name,
        "names": renewal.names,
        "certificate_id": renewal.certificate_id,
        "not_after": not_after.isoformat() if not_after else None,
        "failures": renewal.failures,
        "failing_since": renewal.failing_since.isoformat() if renewal.failing_since else None,
        "problem": renewal.last_problem,
        "url": url,
    }
