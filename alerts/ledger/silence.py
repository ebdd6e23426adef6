"""What is kept from people: what somebody has acknowledged or snoozed; and since when the others know."""

import datetime as dt

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce

from alerts.models import Acknowledgement, DeliveryNotice
from events.models import Notice


def without_silenced(notices: "QuerySet[Notice]", now: dt.datetime) -> "QuerySet[Notice]":
    """Leave out what nobody is to be told now.

    A snooze keeps everything of a generation back until its end. An acknowledgement has no end: it covers what was
    found before it and every further warning, but not the end itself. What expires all the same is told.
    """
    made = Acknowledgement.objects.filter(
        subject_kind=OuterRef("subject_kind"), subject_id=OuterRef("subject_id"), generation=OuterRef("generation")
    )
    taken_on = made.filter(until__isnull=True)
    is_warning = Q(threshold_hours__gt=0)
    return notices.filter(
        ~Exists(made.filter(until__gt=now)),
        ~(Exists(taken_on) & is_warning),
        ~Exists(taken_on.filter(at__gte=OuterRef("created_at"))),
    )


def is_silenced(threshold_hours: int, found_at: dt.datetime, made: Acknowledgement | None, now: dt.datetime) -> bool:
    """Say of one notice, with the acknowledgement of its generation, what ``without_silenced`` says in SQL. Pure."""
    if made is None:
        return False
    if made.until is not None:
        return made.until > now
    return threshold_hours > 0 or found_at <= made.at


def with_told_since(notices: "QuerySet[Notice]") -> "QuerySet[Notice]":
    """Annotate ``told_since``: what an escalation counts from.

    That is when the first channel took the notice. Where channels were tried and none took it, nobody knows of it:
    then it is when it was found, so that a dead channel holds no escalation up.
    """
    tried = DeliveryNotice.objects.filter(notice=OuterRef("pk"), is_void=False, delivery__attempts__gt=0)
    return notices.annotate(told_since=Coalesce("told_at", Case(When(Exists(tried), then=F("created_at")))))
