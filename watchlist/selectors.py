"""Every read of watched addresses."""

import datetime as dt
from collections.abc import Mapping

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from console.errors import InvalidInputError, NotFoundError
from console.ids import is_id
from watchlist.models import WatchedAddress

# Keyset of every list of watched addresses.
ORDER = ("name", "id")
State = WatchedAddress.State


def address_by_id(address_id: str) -> WatchedAddress:
    """Return a watched address; raise NotFoundError when there is none."""
    found = WatchedAddress.objects.filter(pk=address_id).first() if is_id(address_id) else None
    if found is None:
        message = _("There is no watched address “%(id)s”.") % {"id": address_id[:64]}
        raise NotFoundError(message, "watched.unknown", way_out=_("See the watch list."))
    return found


def addresses(*, state: str = "", query: str = "") -> "QuerySet[WatchedAddress]":
    """Return watched addresses, filtered as asked."""
    rows = WatchedAddress.objects.all()
    if state:
        if state not in State.values:
            message = _("“%(value)s” is no state.") % {"value": state[:50]}
            way_out = _("Use one of: %(choices)s.") % {"choices": ", ".join(State.values)}
            raise InvalidInputError(message, "request.unknown-state", field="state", way_out=way_out)
        rows = rows.filter(_in_state(timezone.now())[state])
    if query:
        rows = rows.filter(Q(name__icontains=query[:200]) | Q(host__icontains=query[:200]))
    return rows


def _in_state(now: dt.datetime) -> Mapping[str, Q]:
    """Say for the database what WatchedAddress.state says for one row."""
    answering = Q(enabled=True, failures=0)
    valid = answering & Q(ends_at__gt=now)
    return {
        State.PAUSED: Q(enabled=False),
        State.FAILING: Q(enabled=True, failures__gt=0),
        State.NEW: answering & Q(ends_at=None),
        State.EXPIRED: answering & Q(ends_at__lte=now),
        State.UNTRUSTED: valid & ~Q(trust_problems=[]),
        State.OK: valid & Q(trust_problems=[]),
    }
