"""Allow ranges of addresses to messages, and take them back. An administrator's alone."""

import ipaddress

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.models import AllowedRange, Channel
from alerts.sending.outcomes import hasten
from alerts.waking import wake_sender
from console.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from console.routable import Network
from events.actor import Actor
from events.feed import recording
from events.notices import writing_ledger

LONGEST_REASON = 200
MOST_RANGES = 100
# A range that holds all there is allows everything, which is a slip of the pen.
SHORTEST_PREFIX = 4


def may_allow(actor: Actor) -> bool:
    """Whether the actor is an administrator: a user with staff status, or whoever has the machine's command line."""
    if actor.via == "command":
        return True
    if actor.user_id is None:
        return False
    return User.objects.filter(pk=actor.user_id, is_active=True, is_staff=True).exists()


def allow_range(actor: Actor, *, network: str, reason: str) -> AllowedRange:
    """Allow messages to go to a range; what waits for a channel that failed is tried at once.

    Raises ForbiddenError for anybody but an administrator, InvalidInputError, and ConflictError for a range in place.
    """
    _check_may(actor)
    parsed, why = _parsed(network), _checked_reason(reason)
    with recording(actor) as changes:
        _check_is_new(parsed)
        row = AllowedRange.objects.create(network=str(parsed), reason=why, created_by=actor.name)
        changes.record("allowed_range.created", row, _("Messages may go to %(range)s") % {"range": row.network})
        with writing_ledger():
            for channel in Channel.objects.filter(failing_since__isnull=False):
                hasten(channel, timezone.now())
        transaction.on_commit(wake_sender)
    return row


def forbid_range(actor: Actor, range_id: int) -> None:
    """Take a range back; raises ForbiddenError for anybody but an administrator."""
    _check_may(actor)
    with recording(actor) as changes:
        row = range_by_id(range_id)
        changes.record("allowed_range.deleted", row, _("Messages may not go to %(range)s") % {"range": row.network})
        row.delete()


def range_by_id(range_id: int) -> AllowedRange:
    """Return an allowed range; raise NotFoundError when there is none."""
    found = AllowedRange.objects.filter(pk=range_id).first() if 0 < range_id < 2**63 else None
    if found is None:
        message = _("There is no allowed range %(id)s.") % {"id": range_id}
        raise NotFoundError(message, "allowed-range.unknown", way_out=_("See the list of allowed ranges."))
    return found


def _check_may(actor: Actor) -> None:
    if not may_allow(actor):
        message = _("Only administrators change where messages may go.")
        way_out = _("Ask a user with staff status.")
        raise ForbiddenError(message, "allowed-range.not-administrator", way_out=way_out)


def _parsed(text: str) -> Network:
    """Return the range that ``text`` spells; a single address is a range of one."""
    try:
        network = ipaddress.ip_network(text.strip())
    except ValueError:
        message = _("“%(text)s” is no range of addresses.") % {"text": text[:64]}
        way_out = _("Write it like 10.20.0.0/16, with no bit set behind the slash, or give one address.")
        raise InvalidInputError(message, "allowed-range.invalid", field="network", way_out=way_out) from None
    if network.prefixlen < SHORTEST_PREFIX:
        message = _("%(range)s holds nearly every address there is.") % {"range": network}
        way_out = _("Allow what the receivers need.")
        raise InvalidInputError(message, "allowed-range.too-wide", field="network", way_out=way_out)
    return network


def _checked_reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
        message = _("An allowed range needs a reason of 1 to 200 characters.")
        way_out = _("Say which receiver it is for.")
        raise InvalidInputError(message, "allowed-range.invalid-reason", field="reason", way_out=way_out)
    return reason


def _check_is_new(network: Network) -> None:
    if AllowedRange.objects.filter(network=str(network)).exists():
        message = _("%(range)s is allowed already.") % {"range": network}
        way_out = _("See the list of allowed ranges.")
        raise ConflictError(message, "allowed-range.duplicate", field="network", way_out=way_out)
    if AllowedRange.objects.count() >= MOST_RANGES:
        message = _("There are %(most)d allowed ranges already, the most there may be.") % {"most": MOST_RANGES}
        raise ConflictError(message, "allowed-range.too-many", way_out=_("Take back what no receiver needs."))
