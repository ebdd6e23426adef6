"""Hand notices out: deliveries to those whom the rules name, written before anything is sent.

A notice is handed to a channel once. Which channels, ``people.audiences`` decides; here its answer is turned into
conditions, so that the database goes through the notices and Python only through the audiences.
"""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet

from alerts.handing.packing import pack
from alerts.handing.resolving import hand_out_resolutions, tell_afresh
from alerts.kinds import CHANNEL, KINDS, kinds_told_by
from alerts.ledger.silence import with_told_since, without_silenced
from alerts.models import Channel, DeliveryNotice
from alerts.people.audiences import Audience, Audiences, Place, in_order, load_audiences
from alerts.people.owners import lacking, spellings, with_owner
from events.models import Notice
from events.notices import open_notices


def hand_out(now: dt.datetime) -> int:
    """Write deliveries for everything that somebody has to be told by ``now``; return how many were begun.

    One message, however many notices: ten thousand certificates that expire at once make one digest. A channel that
    is new or enabled again is given what is open at that moment, each certificate at its tightest threshold: somebody
    who has just been added must not wait for the next threshold to hear of a certificate that ends tomorrow.

    To be called inside ``writing_ledger``.
    """
    audiences = load_audiences()
    tell_afresh(now)
    notices = _tellable(audiences, now)
    made = sum(
        _hand_to(audience, departs_at, notices.filter(condition), now)
        for departs_at, audience, condition in _wanted(audiences, notices, now)
    )
    made += sum(_tell_others(audiences, notice, now) for notice in _failing_channels(now))
    return made + hand_out_resolutions(audiences, now)


def _tellable(audiences: Audiences, now: dt.datetime) -> "QuerySet[Notice]":
    """Return the open notices that nobody has taken on, with what the conditions of the steps ask for."""
    notices = without_silenced(open_notices(), now).exclude(subject_kind=CHANNEL)
    steps = [step for rule_id in audiences.steps for step in audiences.steps_of(rule_id)]
    if any(step.after for step in steps):
        notices = with_told_since(notices)
    return with_owner(notices) if any(not step.group_id for step in steps) else notices


def _wanted(
    audiences: Audiences, notices: "QuerySet[Notice]", now: dt.datetime
) -> Iterator[tuple[dt.datetime, Audience, Q]]:
    """Yield each audience with when it lets a message go and the condition of what it is told, the soonest first."""
    wanted: dict[Audience, Q] = {}
    for audience, condition in _conditions(audiences, notices, now):
        wanted[audience] = wanted[audience] | condition if audience in wanted else condition
    for departs_at, audience in in_order(list(wanted), now):
        yield departs_at, audience, wanted[audience]


def _conditions(audiences: Audiences, notices: "QuerySet[Notice]", now: dt.datetime) -> Iterator[tuple[Audience, Q]]:
    """Yield whom each step of each rule tells, and of what: ``Audiences.places`` said in SQL."""
    for rule_id in audiences.steps:
        for step in audiences.steps_of(rule_id):
            condition = Q(rule_id=rule_id) & (Q(told_since__lte=now - step.after) if step.after else Q())
            if step.group_id:
                yield audiences.told_by(step), condition
                continue
            known = spellings(notices.filter(condition), audiences)
            for audience, owners in lacking(notices.filter(condition), known).items():
                yield audience, condition & Q(owner__in=owners)
            yield audiences.default, condition & ~Q(owner__in=[owner for owners in known.values() for owner in owners])
    yield audiences.default, ~Q(rule_id__in=list(audiences.steps))


def _hand_to(audience: Audience, departs_at: dt.datetime, notices: "QuerySet[Notice]", now: dt.datetime) -> int:
    places = (Place(channel_id, audience, departs_at) for channel_id in audience.channel_ids)
    return sum(_hand_over(place, notices, now) for place in places)


def _hand_over(place: Place, notices: "QuerySet[Notice]", now: dt.datetime) -> int:
    """Give one channel what it does not have yet, a message for each kind."""
    given = DeliveryNotice.objects.filter(
        notice=OuterRef("pk"), channel=place.channel_id, is_resolution=False, is_void=False
    )
    new = notices.filter(~Exists(given))
    found = new.order_by().values_list("subject_kind", flat=True).distinct()
    kinds = sorted({KINDS[kind].delivery_kind for kind in found})
    return sum(pack(new.filter(subject_kind__in=kinds_told_by(kind)), place, kind, now) for kind in kinds)


def _failing_channels(now: dt.datetime) -> "QuerySet[Notice]":
    notices = without_silenced(open_notices().filter(subject_kind=CHANNEL), now)
    return with_told_since(notices).filter(subject_id__in=Channel.objects.values("pk"))


def _tell_others(audiences: Audiences, notice: Notice, now: dt.datetime) -> int:
    """Tell that a channel fails to everybody but itself."""
    since = getattr(notice, "told_since", None)
    places = audiences.places(notice.rule_id, "", now - since if since else None, now, but=notice.subject_id)
    alone = Notice.objects.filter(pk=notice.pk)
    return sum(_hand_over(place, alone, now) for place in places)
