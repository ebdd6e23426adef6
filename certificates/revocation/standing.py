"""How each list stands and what listeners do with all of them, in words: for pages, REST and the listener's page."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.models import RevocationList
from certificates.revocation.reading import lists_of, revocations_in
from certificates.revocation_check import Revocation, RevocationCheck

# The last quarter of a list's life, a week at most.
NEAR_END = dt.timedelta(days=7)
QUARTERS = 4
_STATES: dict[str, tuple[str, Promise]] = {
    "in-force": ("green", gettext_lazy("In force")),
    "expiring": ("yellow", gettext_lazy("Expires soon")),
    "refusing": ("red", gettext_lazy("Expired: refuses all its clients")),
    "ignored": ("orange", gettext_lazy("Expired: not checked")),
    "waiting": ("yellow", gettext_lazy("Not in force")),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One list, and what it does now: ``state`` is in-force, expiring, refusing, ignored or waiting."""

    row: RevocationList
    state: str

    @property
    def colour(self) -> str:
        """The pill's colour."""
        return _STATES[self.state][0]

    @property
    def word(self) -> Promise:
        """The pill's word."""
        return _STATES[self.state][1]

    @property
    def number(self) -> str:
        """The list's number as people count; empty for a list without one."""
        return str(int(self.row.number, 16)) if self.row.number else ""


@dataclass(frozen=True, slots=True)
class Overview:
    """The lists of a CA certificate, and whether listeners check clients against them."""

    standings: Sequence[Standing]
    check: RevocationCheck

    @property
    def sentence(self) -> str:
        """Say in one sentence what listeners with this CA certificate do."""
        if not self.standings:
            return _("Revocation is not checked: it carries no revocation list.")
        if self.check.ignored and not self.check.is_on:
            return _("Revocation is not checked: the list has expired and is ignored, as chosen.")
        if self.check.uncovered:
            named = "; ".join(self.check.uncovered)
            return _("Revocation is not checked: every client of %(issuer)s would be refused, for want of a list.") % {
                "issuer": named
            }
        if self.check.is_whole_chain:
            return _("Clients and the authorities between are checked: who is on a list is refused.")
        return _("Clients are checked: who is on a list is refused.")


def overview_of(certificate_id: str, now: dt.datetime | None = None) -> Overview:
    """Return how the lists of a CA certificate stand."""
    moment = now or timezone.now()
    rows = list(lists_of(certificate_id))
    check = revocations_in(rows).get(certificate_id, Revocation()).at(moment)
    return Overview([standing_of(row, check, moment) for row in rows], check)


def standing_of(row: RevocationList, check: RevocationCheck, now: dt.datetime) -> Standing:
    """Return how one list stands, given what is checked."""
    if row.pk in {each.id for each in check.ignored}:
        return Standing(row, "ignored")
    if row.pk in {each.id for each in check.refusing}:
        return Standing(row, "refusing")
    if row.pk not in {each.id for each in check.lists}:
        return Standing(row, "waiting")
    return Standing(row, "expiring" if is_near_end(row, now) else "in-force")


def is_near_end(row: RevocationList, now: dt.datetime) -> bool:
    """Whether the list is in the last quarter of its life."""
    if row.next_update is None or row.this_update is None:
        return False
    return row.next_update - now <= min((row.next_update - row.this_update) / QUARTERS, NEAR_END)
