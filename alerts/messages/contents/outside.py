"""What a message says of each address outside: what is wrong, since when, whose it is and where its page is."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from alerts.kinds import OUTSIDE
from alerts.messages.contents.content import Content, listed, of_troubles
from alerts.messages.endings import public_url
from alerts.models import Delivery
from alerts.sources.outside import FAILURES_BEFORE_TELLING, untrusted_codes
from console.durations import words
from events.models import Notice
from watchlist.models import WatchedAddress
from watchlist.problems import words_of


@dataclass(frozen=True, slots=True)
class OutsideTrouble:
    """One address whose certificate ends, that does not answer, or whose certificate is not trusted."""

    row: WatchedAddress
    trouble: str  # expiring, expired, failing, untrusted
    what: str
    url: str

    @property
    def is_red(self) -> bool:
        """Whether it is wrong already."""
        return self.trouble != "expiring"

    @property
    def data(self) -> dict[str, Any]:
        """The address as a webhook's event has it."""
        row = self.row
        return {
            "id": row.pk,
            "name": row.name,
            "host": row.host,
            "port": row.port,
            "server_name": row.server_name,
            "starttls": row.starttls,
            "owner": row.owner,
            "trouble": self.trouble,
            "what": self.what,
            "sha256": row.sha256,
            "subject": row.subject,
            "issuer": row.issuer,
            "not_after": row.not_after.isoformat() if row.not_after else None,
            "ends_at": row.ends_at.isoformat() if row.ends_at else None,
            "failing_since": row.failing_since.isoformat() if row.failing_since else None,
            "url": self.url,
        }


def outside(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    """Say which addresses outside need attention, soonest end first."""
    troubles = outside_troubles(listed(notice_ids), now)
    return of_troubles("address.failing", "addresses", troubles, len(notice_ids), public_url("watched-list"))


def outside_troubles(notices: Sequence[Notice], now: dt.datetime) -> list[OutsideTrouble]:
    """Return what to say of each notice, in the order given; an address that is watched no more is left out."""
    rows = WatchedAddress.objects.in_bulk([notice.subject_id for notice in notices])
    return [_trouble(rows[each.subject_id], each, now) for each in notices if each.subject_id in rows]


def _trouble(row: WatchedAddress, notice: Notice, now: dt.datetime) -> OutsideTrouble:
    trouble, what = _ending(row, notice, now) if notice.subject_kind == OUTSIDE else _failing(row)
    return OutsideTrouble(row, trouble, what, public_url("watched-detail", row.pk))


def _ending(row: WatchedAddress, notice: Notice, now: dt.datetime) -> tuple[str, str]:
    end = row.ends_at or notice.expires_at
    span = words(end - now)
    if row.is_chain_ending_first:
        said = _("its chain expired %(span)s ago") if end <= now else _("its chain expires in %(span)s")
    else:
        said = _("expired %(span)s ago") if end <= now else _("expires in %(span)s")
    return "expired" if end <= now else "expiring", said % {"span": span}


def _failing(row: WatchedAddress) -> tuple[str, str]:
    if row.failures >= FAILURES_BEFORE_TELLING:
        return "failing", words_of(row.problem)
    codes = untrusted_codes(row)
    return "untrusted", " ".join(words_of(each) for each in row.trust_problems if each["code"] in codes)
