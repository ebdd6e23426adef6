"""Say "resolved" to exactly those who were told, and tell afresh what came back or was put off until now."""

import datetime as dt

from django.db.models import Exists, Max, OuterRef, QuerySet

from alerts.handing.packing import pack
from alerts.kinds import KINDS
from alerts.models import Acknowledgement, Delivery, DeliveryNotice
from alerts.people.audiences import Audience, Audiences, Place
from alerts.people.timing import departure
from events.models import Notice
from events.notices import make_due_again, open_notices

State = Delivery.State
GENERATION = ("subject_kind", "subject_id", "generation")


def hand_out_resolutions(audiences: Audiences, now: dt.datetime) -> int:
    """Write a message to each channel that was told of what is resolved now; return how many were begun.

    Who was told of any threshold of the generation hears of it, whoever was told of the last one; over a channel that
    is off once it is on. To be called inside ``writing_ledger``.
    """
    owing = Notice.objects.filter(owes_resolution=True)
    if not owing.exists():
        return 0
    made = sum(_resolve_for(channel_id, group_id, owing, audiences, now) for channel_id, group_id in _told(owing))
    # What is on its way may still arrive, and is then to be followed by this.
    on_its_way = _has_like(is_void=False, delivery__state__in=(State.PENDING, State.SENDING))
    owing.filter(~on_its_way).update(owes_resolution=False)
    return made


def _told(owing: "QuerySet[Notice]") -> list[tuple[str, str | None]]:
    """Return the channels that were told of these or their like, the groups that they were told for beside them."""
    like = Notice.objects.filter(subject_kind__in=tuple(KINDS), subject_id__in=owing.values("subject_id"))
    items = DeliveryNotice.objects.filter(notice__in=like, is_told=True, is_resolution=False)
    rows = items.values("channel_id", "delivery__group_id").annotate(last=Max("delivery_id")).order_by("-last")
    return list(rows.values_list("channel_id", "delivery__group_id"))


def _resolve_for(
    channel_id: str, group_id: str | None, owing: "QuerySet[Notice]", audiences: Audiences, now: dt.datetime
) -> int:
    said = DeliveryNotice.objects.filter(notice=OuterRef("pk"), channel=channel_id, is_resolution=True, is_void=False)
    told = owing.filter(_has_like(channel=channel_id, is_told=True), ~Exists(said))
    if not told.exists():
        return 0
    group = audiences.groups.get(group_id or "", Audience("", "", ()))
    return pack(told, Place(channel_id, group, departure(group.timing, now)), Delivery.Kind.RESOLVED, now)


def _has_like(**conditions: object) -> Exists:
    """Say whether any notice of the same generation was put into such a message.

    One question within the other, so that databases ask about the few notices first and never join all messages.
    """
    items = DeliveryNotice.objects.filter(notice=OuterRef("pk"), is_resolution=False, **conditions)
    like = Notice.objects.filter(Exists(items), **{field: OuterRef(field) for field in GENERATION})
    return Exists(like)


def tell_afresh(now: dt.datetime) -> None:
    """Have told again what is open although its end was told, and what was snoozed until now."""
    back = DeliveryNotice.objects.filter(is_resolution=True, is_void=False, notice__is_open=True)
    for item in back.exclude(delivery__state=State.SENDING).select_related("notice"):
        if item.is_told:
            _forget(item)
        DeliveryNotice.objects.filter(pk=item.pk).update(is_void=True)
    _wake_snoozed(now)


def _forget(resolution: DeliveryNotice) -> None:
    """Have a channel that heard of the end told of the trouble as if it knew nothing."""
    generation = {f"notice__{field}": getattr(resolution.notice, field) for field in GENERATION}
    known = DeliveryNotice.objects.filter(**generation, channel=resolution.channel_id, is_resolution=False)
    known.update(is_told=False, is_void=True)


def _wake_snoozed(now: dt.datetime) -> None:
    over = Acknowledgement.objects.filter(until__lte=now)
    if not over.exists():
        return
    mine = over.filter(**{field: OuterRef(field) for field in GENERATION})
    waking = list(open_notices().filter(Exists(mine)).values_list("pk", flat=True))
    DeliveryNotice.objects.filter(notice__in=waking, is_told=True).update(is_void=True)
    make_due_again(Notice.objects.filter(pk__in=waking))
    over.delete()
