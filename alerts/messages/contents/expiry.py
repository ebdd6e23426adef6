"""Certificates, members of chains and private authorities that are near their end or past it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from alerts.messages.contents.content import MOST_IN_MAIL, Content, listed
from alerts.messages.endings import Ending, endings_of, public_url
from alerts.models import Delivery


def expiring(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    """Say which certificates end, soonest first."""
    endings = endings_of(listed(notice_ids), now)
    total, url = len(notice_ids), public_url("notice-list")
    return Content(
        event="certificate.expiring",
        context=_context(endings, total) | {"url": url},
        data={"total": total, "url": url, "certificates": [event_item(ending) for ending in endings]},
    )


def _context(endings: Sequence[Ending], total: int) -> dict[str, Any]:
    shown = endings[:MOST_IN_MAIL]
    return {
        "first": shown[0] if shown else None,
        "expired": [ending for ending in shown if ending.is_expired],
        "expiring": [ending for ending in shown if not ending.is_expired],
        "total": total,
        "others": total - 1,
        "left_out": total - len(shown),
        "has_authorities": any(ending.authority_url for ending in shown),
        "has_others": not all(ending.authority_url for ending in shown) or total > len(shown),
    }


def event_item(ending: Ending) -> dict[str, Any]:
    """Return a certificate as events have it."""
    return {
        "id": ending.certificate_id,
        "name": ending.name,
        "kind": ending.kind,
        "version": ending.version,
        "ends": ending.subject_kind,
        "chain_member": ending.member,
        "not_after": ending.ends_at.isoformat(),
        "state": "expired" if ending.is_expired else "expiring",
        "threshold_hours": ending.threshold_hours,
        "names": list(ending.names),
        "more_names": ending.more_names,
        "used_by": list(ending.used_by),
        "url": ending.url,
    }
