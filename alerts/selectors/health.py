"""Read how alerts are: the scan, the channels, the queue, and what to warn of."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.models import Channel, Delivery, Scan
from alerts.scanning import scan_period
from alerts.selectors.deliveries import WAITING
from certificates.models import Certificate
from console.durations import words

# Celery's beat asks once a minute whether a scan is due; a period may therefore be that much longer.
BEAT_SLACK = dt.timedelta(minutes=1)


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
