"""Read channels, deliveries, notices and scans."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from alerts.kinds import KINDS
from alerts.models import Channel, Delivery, DeliveryNotice, Scan
from alerts.scanning import scan_period
from certificates.models import Certificate
from console.durations import words
from console.errors import InvalidInputError, NotFoundError
from console.ids import is_id
from events.models import Notice

# Celery's beat asks once a minute whether a scan is due; a period may therefore be that much longer.
BEAT_SLACK = dt.timedelta(minutes=1)
WAITING = (Delivery.State.PENDING, Delivery.State.SENDING)


def channel_by_id(channel_id: str) -> Channel:
    """Return a channel; raise NotFoundError when there is none."""
    found = Channel.objects.filter(pk=channel_id).first() if is_id(channel_id) else None
    if found is None:
        message = _("There is no channel “%(id)s”.") % {"id": channel_id[:64]}
        raise NotFoundError(message, "channel.unknown", way_out=_("See the list of channels."))
    return found


def channels() -> "QuerySet[Channel]":
    """Return all channels with the number of their waiting messages as ``waiting``."""
    counted = Channel.objects.annotate(waiting=Count("deliveries", filter=Q(deliveries__state__in=WAITING)))
    return counted.order_by("name")


def delivery_by_key(key: UUID) -> Delivery:
    """Return a delivery with its channel; raise NotFoundError when there is none."""
    found = Delivery.objects.select_related("channel").filter(key=key).first()
    if found is None:
        message = _("There is no delivery “%(id)s”.") % {"id": key}
        raise NotFoundError(message, "delivery.unknown", way_out=_("See the list of deliveries."))
    return found


def deliveries(*, state: str = "", channel_id: str = "") -> "QuerySet[Delivery]":
    """Return deliveries with their channel and the number of their ``notices``, newest first, filtered as asked."""
    # Counted row by row, so that a page costs its own rows only.
    items = DeliveryNotice.objects.filter(delivery=OuterRef("pk")).order_by().values("delivery")
    count = Coalesce(Subquery(items.annotate(number=Count("pk")).values("number")), 0)
    rows = Delivery.objects.select_related("channel").annotate(notices=count).order_by("-id")
    if state:
        _check_choice(state, Delivery.State.values)
        rows = rows.filter(state=state)
    return rows.filter(channel=channel_id if is_id(channel_id) else "") if channel_id else rows


def notices(*, state: str = "", subject_id: str = "") -> "QuerySet[Notice]":
    """Return notices, newest first, filtered as asked."""
    rows = Notice.objects.order_by("-id")
    if subject_id:
        rows = rows.filter(subject_kind__in=tuple(KINDS), subject_id=subject_id if is_id(subject_id) else "")
    if state:
        _check_choice(state, Notice.State.values)
        rows = rows.filter(state=state)
    return rows


def notices_in(delivery: Delivery, most: int) -> list[Notice]:
    """Return the first notices of a delivery, soonest end first."""
    rows = Notice.objects.filter(deliveries__delivery=delivery)
    return list(rows.order_by("expires_at", "pk")[:most])


def _check_choice(value: str, choices: list[str]) -> None:
    if value not in choices:
        message = _("“%(value)s” is no state.") % {"value": value[:50]}
        way_out = _("Use one of: %(choices)s.") % {"choices": ", ".join(choices)}
        raise InvalidInputError(message, "request.unknown-state", field="state", way_out=way_out)


def scans() -> "QuerySet[Scan]":
    """Return the scans of the last 30 days."""
    return Scan.objects.all()


@dataclass(frozen=True, slots=True)
class Health:
    """Whether anybody would be told: the scan, the channels and the queue, at one moment."""

    last_scan: Scan | None
    next_scan_at: dt.datetime | None  # None before the first scan
    failing_channels: list[Channel]
    enabled_channels: int
    queue_length: int
    last_delivery_at: dt.datetime | None
    warnings: list[str]


def health() -> Health:
    """Return how the alerts are, in a handful of queries."""
    now = timezone.now()
    last = last_healthy_scan()
    failing = list(Channel.objects.filter(Q(failing_since__isnull=False) | ~Q(disabled_reason="")))
    enabled = Channel.objects.filter(enabled=True).count()
    queue = Delivery.objects.filter(state__in=WAITING).filter(Q(channel__enabled=True) | Q(kind=Delivery.Kind.TEST))
    return Health(
        last_scan=last,
        next_scan_at=last.started_at + scan_period() if last else None,
        failing_channels=failing,
        enabled_channels=enabled,
        queue_length=queue.count(),
        last_delivery_at=last_delivery_at(),
        warnings=[*filter(None, [_scan_warning(last, now)]), *_channel_warnings(enabled, failing)],
    )


def last_healthy_scan() -> Scan | None:
    """Return the newest scan that ended well."""
    return Scan.objects.filter(finished_at__isnull=False, problem="").first()


def last_delivery_at() -> dt.datetime | None:
    """Return when a message was last taken, by any channel."""
    newest: dt.datetime | None = Channel.objects.aggregate(newest=Max("last_sent_at"))["newest"]
    return newest


def scan_warning() -> str:
    """Return the warning that every page shows when no scan runs, empty while one does."""
    return _scan_warning(last_healthy_scan(), timezone.now())


def _scan_warning(last: Scan | None, now: dt.datetime) -> str:
    """Warn when no scan has ended well for twice its period, or ever, although there is something to scan."""
    limit = now - 2 * scan_period() - BEAT_SLACK
    if last is None:
        if Certificate.objects.filter(created_at__lt=limit).exists():
            return _("The expiry scan has never run. Check that the worker and beat processes are up.")
        return ""
    if last.started_at < limit:
        since = words(now - last.started_at)
        return _("No expiry scan for %(since)s. Check that the worker and beat processes are up.") % {"since": since}
    return ""


def _channel_warnings(enabled: int, failing: list[Channel]) -> list[str]:
    found = [
        _("The channel “%(name)s” does not work: %(error)s")
        % {"name": channel.name, "error": channel.disabled_reason or channel.last_error}
        for channel in failing
    ]
    if not enabled:
        found.append(_("No channel is switched on: nobody is told when a certificate is about to expire."))
    return found


def mail_directory() -> str:
    """Return the directory that mail is written to, empty when a mail server is configured."""
    backend = import_string(settings.EMAIL_BACKEND)
    return "" if issubclass(backend, SmtpBackend) else str(getattr(settings, "EMAIL_FILE_PATH", "") or "")


def channels_told(notice_ids: list[int]) -> Mapping[int, list[str]]:
    """Return the names of the channels that have taken each notice."""
    told: dict[int, list[str]] = {pk: [] for pk in notice_ids}
    # By two queries from the notices on, which are few: joined, the database may begin with every message ever sent.
    items = DeliveryNotice.objects.filter(notice__in=notice_ids).order_by("-delivery_id")
    rows = list(items.values_list("notice_id", "delivery_id", "channel__name"))
    taken = Delivery.objects.filter(
        pk__in={delivery_id for _notice, delivery_id, _name in rows}, state=Delivery.State.SENT
    )
    sent = set(taken.order_by().values_list("pk", flat=True))
    for notice_id, delivery_id, name in rows:
        if delivery_id in sent:
            told[notice_id].append(name)
    return told
