"""What a message says of each revocation list: whose it is, what is wrong, what listeners do, where its page is."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from alerts.kinds import LIST_FETCH
from alerts.messages.endings import public_url
from certificates.models import RevocationList
from certificates.usage import Usage, usages_of
from console.durations import words
from events.models import Notice


@dataclass(frozen=True, slots=True)
class ListTrouble:
    """One list that ends, has ended, or cannot be fetched."""

    row: RevocationList
    is_failing: bool
    is_expired: bool
    what: str  # with the list's name a sentence
    problem: str  # why it cannot be fetched, in whole sentences; empty for one that can
    consequence: str
    used_by: tuple[str, ...]
    url: str

    @property
    def data(self) -> dict[str, Any]:
        """The list as a webhook's event has it."""
        row = self.row
        return {
            "id": row.pk,
            "certificate_id": row.certificate_id,
            "certificate": row.certificate.name,
            "issuer": row.issuer,
            "trouble": "fetch-fails" if self.is_failing else "expired" if self.is_expired else "expiring",
            "next_update": row.next_update.isoformat() if row.next_update else None,
            "when_expired": row.when_expired,
            "source": row.source,
            "address": row.url,
            "problem": row.last_problem,
            "used_by": list(self.used_by),
            "url": self.url,
        }


def troubled_lists(notices: Iterable[Notice], now: dt.datetime) -> list[ListTrouble]:
    """Return what to say of each notice, in the order given; a list that is gone is left out."""
    listed = list(notices)
    ids = [int(notice.subject_id) for notice in listed]
    rows = {row.pk: row for row in RevocationList.objects.filter(pk__in=ids).defer("der").select_related("certificate")}
    used_by = usages_of([row.certificate_id for row in rows.values()])
    return [
        _trouble(rows[pk], used_by, now, is_failing=notice.subject_kind == LIST_FETCH)
        for pk, notice in zip(ids, listed, strict=True)
        if pk in rows
    ]


def _trouble(
    row: RevocationList, used_by: Mapping[str, Sequence[Usage]], now: dt.datetime, *, is_failing: bool
) -> ListTrouble:
    is_expired = row.next_update is not None and row.next_update <= now
    return ListTrouble(
        row=row,
        is_failing=is_failing,
        is_expired=is_expired,
        what=_what(row, now, is_failing=is_failing),
        problem=row.last_problem if is_failing else "",
        consequence=consequence_of(row, is_expired=is_expired),
        used_by=tuple(usage.label for usage in used_by.get(row.certificate_id, ())),
        url=public_url("revocation-list-detail", row.pk),
    )


def _what(row: RevocationList, now: dt.datetime, *, is_failing: bool) -> str:
    if is_failing:
        return _("cannot be fetched")
    if row.next_update is None:
        return ""
    if row.next_update <= now:
        return _("expired %(duration)s ago") % {"duration": words(now - row.next_update)}
    return _("expires in %(duration)s") % {"duration": words(row.next_update - now)}


def consequence_of(row: RevocationList, *, is_expired: bool) -> str:
    """Say what listeners do, or will do, with the clients of an expired list."""
    refuses = row.when_expired == RevocationList.WhenExpired.REFUSE
    if is_expired:
        return (
            _("Listeners refuse every client of this authority.") if refuses else _("Listeners let revoked clients in.")
        )
    if refuses:
        return _("Once it has expired, listeners will refuse every client of this authority.")
    return _("Once it has expired, listeners will let revoked clients in.")
