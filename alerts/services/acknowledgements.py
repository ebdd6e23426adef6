"""Take notices on, or put them off: nobody else has to hear of them meanwhile."""

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.handing.notices import hand_out
from alerts.models import Acknowledgement
from alerts.waking import wake_sender
from console.errors import ConflictError, InvalidInputError, NotFoundError
from events.actor import Actor
from events.feed import recording
from events.models import Notice
from events.notices import open_notices, writing_ledger

LONGEST_REASON = 500
LONGEST_SNOOZE = dt.timedelta(days=90)
KEY = ("subject_kind", "subject_id", "generation")


def acknowledge(
    actor: Actor, notice_ids: Iterable[int], *, reason: str, until: dt.datetime | None = None
) -> list[Notice]:
    """Take on what some notices tell, or with ``until`` snooze it till then; return the notices that it holds for.

    It holds for the generation: a new version is told afresh. Of what was taken on, the end itself is still told.
    Raises InvalidInputError for a reason or a time that cannot be, ConflictError when nothing is open any more.
    """
    now = timezone.now()
    reason, until = _checked_reason(reason), _checked_until(until, now)
    with recording(actor) as changes:
        notices = list(open_notices().filter(pk__in=list(notice_ids)).order_by("pk"))
        if not notices:
            raise _nothing_open()
        rows = {_key(notice): Acknowledgement(**key_of(notice), until=until, reason=reason) for notice in notices}
        for row in rows.values():
            row.by, row.at = actor.name[:200], now
        fields = ("until", "reason", "by", "at")
        Acknowledgement.objects.bulk_create(
            rows.values(), update_conflicts=True, unique_fields=KEY, update_fields=fields, batch_size=500
        )
        for notice in notices:
            kind, summary = (
                ("notice.snoozed", _snoozed(notice, until)) if until else ("notice.acknowledged", _taken(notice))
            )
            changes.record(kind, notice, summary, reason=reason)
    return notices


def withdraw_acknowledgement(actor: Actor, notice_id: int) -> Notice:
    """Take an acknowledgement or a snooze back: whoever is due to be told is told from now on.

    Raises NotFoundError where there is none.
    """
    with recording(actor) as changes:
        notice = notice_by_id(notice_id)
        if not Acknowledgement.objects.filter(**key_of(notice)).delete()[0]:
            message = _("Nobody has acknowledged or snoozed “%(name)s”.") % {"name": notice.subject_name}
            raise NotFoundError(message, "notice.not-acknowledged", way_out=_("There is nothing to take back."))
        summary = _("“%(name)s” is told again") % {"name": notice.subject_name}
        changes.record("notice.reopened", notice, summary)
        with writing_ledger():
            hand_out(timezone.now())
    wake_sender()
    return notice


def notice_by_id(notice_id: int) -> Notice:
    """Return a notice; raise NotFoundError when there is none."""
    found = Notice.objects.filter(pk=notice_id).first()
    if found is None:
        message = _("There is no notice %(id)s.") % {"id": notice_id}
        raise NotFoundError(message, "notice.unknown", way_out=_("See the list of notices."))
    return found


def acknowledgement_of(notice: Notice) -> Acknowledgement | None:
    """Return what somebody has said of the notice's generation, None for nothing."""
    return Acknowledgement.objects.filter(**key_of(notice)).first()


def _key(notice: Notice) -> tuple[str, str, str]:
    return notice.subject_kind, notice.subject_id, notice.generation


def acknowledgements_of(notices: Iterable[Notice]) -> dict[int, Acknowledgement]:
    """Return what somebody has said of each notice's generation, by the notice's id."""
    listed = list(notices)
    rows = Acknowledgement.objects.filter(subject_id__in={notice.subject_id for notice in listed})
    found = {(row.subject_kind, row.subject_id, row.generation): row for row in rows}
    return {notice.pk: found[_key(notice)] for notice in listed if _key(notice) in found}


def key_of(notice: Notice) -> dict[str, str]:
    """Return what an acknowledgement of the notice is found by."""
    return dict(zip(KEY, _key(notice), strict=True))


def _taken(notice: Notice) -> str:
    return _("“%(name)s” acknowledged") % {"name": notice.subject_name}


def _snoozed(notice: Notice, until: dt.datetime) -> str:
    return _("“%(name)s” snoozed until %(until)s") % {
        "name": notice.subject_name,
        "until": f"{until.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC",
    }


def _nothing_open() -> ConflictError:
    message = _("Nothing of this is open any more: it was replaced, deleted or overtaken by a newer notice.")
    return ConflictError(message, "notice.closed", way_out=_("See the list of notices."))


def _checked_reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason or len(reason) > LONGEST_REASON or not _is_clean(reason):
        message = _("A reason of 1 to %(most)d characters is needed, without control characters.")
        raise InvalidInputError(
            message % {"most": LONGEST_REASON},
            "notice.invalid-reason",
            field="reason",
            way_out=_("Say who does what, such as “renewal is ordered”."),
        )
    return reason


def _is_clean(text: str) -> bool:
    return all(char.isprintable() or char == "\N{ZERO WIDTH JOINER}" for char in text)


def _checked_until(until: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    if until is None:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    if not now < until <= now + LONGEST_SNOOZE:
        message = _("A snooze ends in the future, within %(days)d days.") % {"days": LONGEST_SNOOZE.days}
        way_out = _("Choose an earlier day, or acknowledge.") if until > now else _("Choose a later time.")
        raise InvalidInputError(message, "notice.invalid-until", field="until", way_out=way_out)
    return until
