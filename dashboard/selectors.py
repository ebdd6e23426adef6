"""What the start page knows: few queries, each bounded."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Substr
from django.utils import timezone

from alerts.models import Channel, Delivery, Heartbeat, Scan
from alerts.scanning import scan_period
from alerts.selectors.deliveries import WAITING
from certificates.models import Certificate
from certificates.usage import Usages, usages_of
from listeners.models import Listener, ListenerStatus, LoadBalancer, ServedReceipt, ServerGroup, ServerHealth
from renewals.models import Renewal
from renewals.selectors import troubled

STRIP_DAYS = 90
SOONEST = 8
# A listener may have several receipts that are not as expected, one for each name and node.
RECEIPTS_LOOKED_AT = 50
MOST_PROBLEMS = 8
FAILED_DELIVERIES_DAYS = 7


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is."""

    load_balancers: int
    listeners: int
    listeners_wanted: int  # that an operator wants running
    server_groups: int
    certificates: int
    unhealthy_servers: int
    troubled_renewals: int
    waiting_deliveries: int
    failing_heartbeats: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A listener that needs somebody, and why."""

    listener: Listener
    colour: str
    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the strip, in the units of its drawing; ``height`` grows with the square root of the count."""

    x: int
    y: int
    height: int
    colour: str
    day: dt.date
    count: int


@dataclass(frozen=True, slots=True)
class Telling:
    """Whether people are told: the scan, and what could not be delivered."""

    last_scan: Scan | None
    next_scan_at: dt.datetime | None
    is_scan_late: bool
    failed_deliveries: int
    last_delivery_at: dt.datetime | None
    channels: int
    failing_channels: list[Channel]


def counts() -> Counts:
    """Count what there is, by one query."""
    counted = [
        _counted("load_balancers", LoadBalancer.objects.all()),
        _counted("listeners", Listener.objects.all()),
        _counted("listeners_wanted", Listener.objects.filter(desired=Listener.Desired.RUNNING)),
        _counted("server_groups", ServerGroup.objects.all()),
        _counted("certificates", Certificate.objects.all()),
        _counted("unhealthy_servers", ServerHealth.objects.filter(state=ServerHealth.State.UNHEALTHY), "server"),
        _counted("troubled_renewals", troubled()),
        _counted("waiting_deliveries", Delivery.objects.filter(state__in=WAITING, channel__enabled=True)),
        _counted("failing_heartbeats", Heartbeat.objects.exclude(last_problem="")),
    ]
    found = dict(counted[0].union(*counted[1:], all=True))
    return Counts(**{each.name: found.get(each.name, 0) for each in fields(Counts)})


def _counted(name: str, rows: QuerySet[Any], column: str = "pk") -> QuerySet[Any, tuple[str, int]]:
    """Return one row: the name, and how many different values the column has."""
    number = Count(column, distinct=column != "pk")
    named: QuerySet[Any] = rows.order_by().annotate(what=Value(name)).values("what").annotate(number=number)
    return named.values_list("what", "number")


def soonest_certificates() -> list[tuple[Certificate, Usages]]:
    """Return the certificates that end first, the expired ones before all, with their uses."""
    found = list(
        Certificate.objects.filter(not_after__isnull=False)
        .select_related("current_version")
        .order_by("not_after", "id")[:SOONEST]
    )
    usages = usages_of([certificate.pk for certificate in found], most=1)
    return [(certificate, usages[certificate.pk]) for certificate in found]


def ends_by_day() -> dict[dt.date, int]:
    """Count the certificates that end on each day until the strip's last; expired ones count on their own days."""
    limit = timezone.now() + dt.timedelta(days=STRIP_DAYS)
    # The text begins with the day in UTC on every database; SQLite would call Python for each row to truncate a date.
    day = Substr(Cast("not_after", TextField()), 1, len("2000-01-01"))
    ends = Certificate.objects.filter(not_after__lt=limit).values_list(day).annotate(count=Count("pk")).order_by(day)
    return {dt.date.fromisoformat(text): count for text, count in ends}


STRIP_HEIGHT = 64
BAR_WIDTH = 10
SHORTEST_BAR = 8


def strip(ends: dict[dt.date, int], today: dt.date) -> list[Bar]:
    """Return one bar for each of the next 90 days on which a certificate ends."""
    days = {(day - today).days: (day, count) for day, count in ends.items() if day >= today}
    most = max((count for _, count in days.values()), default=1)
    return [_bar(offset, day, count, most) for offset, (day, count) in days.items() if offset < STRIP_DAYS]


def _bar(offset: int, day: dt.date, count: int, most: int) -> Bar:
    height = SHORTEST_BAR + round((STRIP_HEIGHT - SHORTEST_BAR) * (count / most) ** 0.5)
    return Bar(offset * BAR_WIDTH, STRIP_HEIGHT - height, height, _colour(offset), day, count)


def _colour(days_left: int) -> str:
    return next(
        (colour for limit, colour in ((1, "red"), (7, "orange"), (30, "yellow")) if days_left <= limit), "green"
    )


def windows(ends: dict[dt.date, int], today: dt.date) -> Counter[str]:
    """Count the certificates that end within each window, by day: expired, 7, 30 and 90."""
    found: Counter[str] = Counter()
    for day, count in ends.items():
        left = (day - today).days
        if left < 0:
            found["expired"] += count
            continue
        for window in (7, 30, 90):
            if left <= window:
                found[f"days_{window}"] += count
    return found


def listener_problems() -> list[Problem]:
    """Return the listeners that need attention: rejected, blocked, or serving a wrong certificate."""
    wrong = (ListenerStatus.State.REJECTED, ListenerStatus.State.BLOCKED)
    statuses = ListenerStatus.objects.filter(state__in=wrong).select_related("listener__load_balancer")
    problems = [
        Problem(status.listener, "red", status.get_state_display(), _first_reason(status))
        for status in statuses.order_by("listener_id")[:MOST_PROBLEMS]
    ]
    known = {problem.listener.pk for problem in problems}
    return (problems + [problem for problem in _mismatches() if problem.listener.pk not in known])[:MOST_PROBLEMS]


def _first_reason(status: ListenerStatus) -> str:
    return next((problem["message"] for problem in status.told_problems), "")


def _mismatches() -> list[Problem]:
    """Return the listeners whose newest receipt for some name was not as expected."""
    same = {name: OuterRef(name) for name in ("listener", "node", "server_name")}
    newer = ServedReceipt.objects.filter(**same, pk__gt=OuterRef("pk"))
    wrong = ServedReceipt.objects.filter(~Exists(newer), is_expected=False, listener__desired=Listener.Desired.RUNNING)
    found = wrong.select_related("listener__load_balancer").order_by("-id")[:RECEIPTS_LOOKED_AT]
    by_listener = {receipt.listener_id: receipt for receipt in reversed(found)}
    return [
        Problem(receipt.listener, "orange", "mismatch", receipt.error)
        for receipt in list(by_listener.values())[:MOST_PROBLEMS]
    ]


def troubled_renewals() -> list[Renewal]:
    """Return the renewals that fail or that nobody begins, those whose certificates end first before all."""
    rows = troubled().select_related("certificate")
    return list(rows.order_by(F("certificate__not_after").asc(nulls_first=True), "pk")[:MOST_PROBLEMS])


def telling() -> Telling:
    """Return whether people are told."""
    last = Scan.objects.order_by("-started_at").first()
    next_at = last.started_at + scan_period() if last else None
    since = timezone.now() - dt.timedelta(days=FAILED_DELIVERIES_DAYS)
    failed = Delivery.objects.filter(channel=OuterRef("pk"), state=Delivery.State.FAILED, created_at__gte=since)
    count = failed.order_by().values("channel").annotate(number=Count("pk")).values("number")
    channels = list(Channel.objects.annotate(failed=Coalesce(Subquery(count), 0)).order_by("name"))
    return Telling(
        last_scan=last,
        next_scan_at=next_at,
        is_scan_late=bool(next_at and next_at + scan_period() < timezone.now()),
        failed_deliveries=sum(channel.failed for channel in channels),
        last_delivery_at=max((channel.last_sent_at for channel in channels if channel.last_sent_at), default=None),
        channels=len(channels),
        failing_channels=[channel for channel in channels if channel.failing_since or channel.disabled_reason],
    )
