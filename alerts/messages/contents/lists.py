"""Revocation lists that are near their end or past it, or that cannot be fetched."""

import datetime as dt
from collections.abc import Sequence

from alerts.messages.contents.content import MOST_IN_MAIL, Content, listed
from alerts.messages.endings import public_url
from alerts.messages.list_troubles import troubled_lists
from alerts.models import Delivery


def troubled(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    """Say what is wrong with each list, and what listeners do because of it."""
    lists = troubled_lists(listed(notice_ids), now)
    return Content(
        event="revocation_list.failing",
        context={
            "items": lists[:MOST_IN_MAIL],
            "total": len(notice_ids),
            "left_out": len(notice_ids) - len(lists[:MOST_IN_MAIL]),
            "url": public_url("notice-list"),
        },
        data={"total": len(notice_ids), "revocation_lists": [trouble.data for trouble in lists]},
    )
