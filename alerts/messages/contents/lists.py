"""Revocation lists that are near their end or past it, or that cannot be fetched."""

import datetime as dt
from collections.abc import Sequence

from alerts.messages.contents.content import Content, listed, of_troubles
from alerts.messages.endings import public_url
from alerts.messages.list_troubles import troubled_lists
from alerts.models import Delivery


def troubled(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    """Say what is wrong with each list, and what listeners do because of it."""
    lists = troubled_lists(listed(notice_ids), now)
    return of_troubles("revocation_list.failing", "revocation_lists", lists, len(notice_ids), public_url("notice-list"))
