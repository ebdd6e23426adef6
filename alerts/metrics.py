"""What the ``/metrics`` page tells of alerts: whether the scan runs, and whether messages arrive."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from alerts.heartbeat import heartbeat
from alerts.models import Channel, Delivery
from alerts.selectors.deliveries import WAITING
from alerts.selectors.health import health, last_delivery_at
from events.notices import open_notices

CHANNEL_LABELS = ("channel", "name", "kind")


class AlertFigures(Collector):
    """Read how the alerts are, by a handful of queries."""

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        yield from _scans()
        yield from _deliveries()
        yield from _channels()
        yield from _heartbeat()


def _moment(name: str, words: str, moment: dt.datetime | None) -> Metric:
    """Return a time in seconds since 1970; without a value when there was none."""
    family = GaugeMetricFamily(name, words)
    if moment is not None:
        family.add_metric((), moment.timestamp())
    return family


def _scans() -> Iterator[Metric]:
    seen = health()
    last = seen.last_scan.started_at if seen.last_scan else None
    yield _moment("lbadmin_alerts_last_scan_timestamp_seconds", "When the last healthy scan began", last)
    yield _moment("lbadmin_alerts_next_scan_timestamp_seconds", "When the next scan is due", seen.next_scan_at)
    yield GaugeMetricFamily("lbadmin_alerts_warnings", "Warnings about alerts that are shown", len(seen.warnings))
    yield GaugeMetricFamily("lbadmin_alerts_open_notices", "What people have to know now", open_notices().count())


def _deliveries() -> Iterator[Metric]:
    family = GaugeMetricFamily("lbadmin_alerts_deliveries", "Messages in the log by state", labels=("state",))
    found = dict(Delivery.objects.order_by().values_list("state").annotate(number=Count("pk")))
    for state in Delivery.State.values:
        family.add_metric((state,), found.get(state, 0))
    yield family
    now = timezone.now()
    oldest = Delivery.objects.filter(state__in=WAITING, channel__enabled=True, next_attempt_at__lte=now)
    since = oldest.aggregate(oldest=Min("next_attempt_at"))["oldest"]
    lag = (now - since).total_seconds() if since else 0
    yield GaugeMetricFamily("lbadmin_alerts_queue_lag_seconds", "How long the oldest due message has been due", lag)
    sent = last_delivery_at()
    yield _moment("lbadmin_alerts_last_delivery_timestamp_seconds", "When a message was last taken", sent)


def _channels() -> Iterator[Metric]:
    up = GaugeMetricFamily("lbadmin_alerts_channel_up", "1 while it is on and works", labels=CHANNEL_LABELS)
    failures = GaugeMetricFamily("lbadmin_alerts_channel_failures", "Failures in a row", labels=CHANNEL_LABELS)
    for channel in Channel.objects.order_by("pk"):
        labels = (channel.pk, channel.name, channel.kind)
        up.add_metric(labels, channel.enabled and channel.failing_since is None)
        failures.add_metric(labels, channel.failures_in_a_row)
    yield from (up, failures)


def _heartbeat() -> Iterator[Metric]:
    row = heartbeat()
    yield _moment("lbadmin_alerts_heartbeat_timestamp_seconds", "When the heartbeat last arrived", row.last_at)
    if row.sealed_url is not None:
        yield GaugeMetricFamily("lbadmin_alerts_heartbeat_up", "1 while it arrives", not row.last_problem)
