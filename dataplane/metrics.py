"""The ``/metrics`` page for Prometheus: the observations of all nodes, as they are stored, and what layers above add.

Names of listeners and addresses of servers are nobody's business: the page wants an API token as bearer token
(Prometheus: ``authorization: {credentials_file: ...}``) or a signed-in session. Being on the same machine is no
credential, since behind a local reverse proxy everybody is.
"""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_not_required
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from access.scopes import covers
from access.tokens import token_of
from dataplane.collectors import collectors
from events.feed import newest_change_id
from listeners.models import ListenerStatus, NodeStatus, ServedReceipt, ServerHealth

BEARER = "bearer "
SCOPE = "load-balancing:read"
ROWS_AT_ONCE = 1000
LISTENER_LABELS = ("listener", "name", "load_balancer", "port", "protocol", "node")


@require_GET
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the figures in the Prometheus text format; 401 without a token or a session."""
    if not (_has_token(request) or request.user.is_authenticated):
        message = _("Send “Authorization: Bearer TOKEN”; manage.py createtoken USER makes a token.")
        return HttpResponse(
            message + "\n", status=401, content_type="text/plain", headers={"WWW-Authenticate": "Bearer"}
        )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Observations())
    for make in collectors:
        registry.register(make())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    header = request.headers.get("Authorization", "")
    token = token_of(header[len(BEARER) :].strip()) if header.lower().startswith(BEARER) else None
    return token is not None and covers(token.scopes, SCOPE)


class Observations(Collector):
    """Read the stored observations; five queries, whatever their number."""

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        yield from _listeners()
        yield from _servers()
        yield from _receipts()
        yield from _nodes()


def _listeners() -> Iterator[Metric]:
    running = GaugeMetricFamily("lbadmin_listener_running", "1 while the engine serves it", labels=LISTENER_LABELS)
    problems = GaugeMetricFamily("lbadmin_listener_problems", "Problems that are shown", labels=LISTENER_LABELS)
    handshakes = CounterMetricFamily(
        "lbadmin_listener_handshakes",
        "Completed TLS handshakes; without TLS, connections or UDP sessions",
        labels=LISTENER_LABELS,
    )
    failures = CounterMetricFamily(
        "lbadmin_listener_failures", "Failed connections by reason", labels=(*LISTENER_LABELS, "reason")
    )
    active = GaugeMetricFamily("lbadmin_listener_connections", "Open connections or sessions", labels=LISTENER_LABELS)
    received = CounterMetricFamily(
        "lbadmin_listener_received_bytes",
        "From clients; of QUIC the engine does not count them",
        labels=LISTENER_LABELS,
    )
    sent = CounterMetricFamily("lbadmin_listener_sent_bytes", "To clients", labels=LISTENER_LABELS)
    rows = ListenerStatus.objects.select_related("listener__load_balancer").order_by("listener_id", "node")
    for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
        listener = row.listener
        labels = (
            listener.id,
            listener.name,
            listener.load_balancer.name,
            str(listener.port),
            listener.protocol,
            row.node,
        )
        running.add_metric(labels, row.state == ListenerStatus.State.RUNNING)
        problems.add_metric(labels, len(row.problems))
        handshakes.add_metric(labels, row.handshakes)
        for reason, count in sorted(row.failures.items()):
            failures.add_metric((*labels, reason), count)
        active.add_metric(labels, row.connections_active)
        if listener.protocol != listener.Protocol.QUIC:
            received.add_metric(labels, row.bytes_received)
        sent.add_metric(labels, row.bytes_sent)
    yield from (running, problems, handshakes, failures, active, received, sent)


def _servers() -> Iterator[Metric]:
    healthy = GaugeMetricFamily(
        "lbadmin_server_healthy",
        "1 healthy, 0 unhealthy; servers that are not checked are left out",
        labels=("server", "server_group", "listener", "node"),
    )
    rows = ServerHealth.objects.select_related("server__group").exclude(state=ServerHealth.State.UNKNOWN)
    for row in rows.order_by("id").iterator(chunk_size=ROWS_AT_ONCE):
        labels = (str(row.server), row.server.group.name, row.listener_id, row.node)
        healthy.add_metric(labels, row.state == ServerHealth.State.HEALTHY)
    yield healthy


def _receipts() -> Iterator[Metric]:
    """Yield the newest receipt of each listener and node."""
    labels = ("listener", "node")
    expected = GaugeMetricFamily("lbadmin_receipt_expected", "1 if served as expected after a change", labels=labels)
    seconds = GaugeMetricFamily("lbadmin_receipt_commit_to_served_seconds", "Commit to first served", labels=labels)
    newest = ServedReceipt.objects.order_by().values(*labels).annotate(newest=Max("id")).values("newest")
    for row in ServedReceipt.objects.filter(id__in=newest).order_by("listener_id", "node"):
        expected.add_metric((row.listener_id, row.node), row.is_expected)
        if row.commit_to_served_milliseconds is not None:
            seconds.add_metric((row.listener_id, row.node), row.commit_to_served_milliseconds / 1000)
    yield from (expected, seconds)


def _nodes() -> Iterator[Metric]:
    seen = GaugeMetricFamily("lbadmin_node_seen_timestamp_seconds", "When it was last seen", labels=("node",))
    engine = GaugeMetricFamily("lbadmin_node_engine_up", "1 while its engine runs", labels=("node", "version"))
    files = GaugeMetricFamily("lbadmin_node_file_limit", "Open files that its engine may have", labels=("node",))
    cursor = GaugeMetricFamily("lbadmin_node_change_cursor", "The newest change it has followed", labels=("node",))
    newest = GaugeMetricFamily("lbadmin_newest_change", "The newest change there is", value=newest_change_id())
    for row in NodeStatus.objects.order_by("node"):
        seen.add_metric((row.node,), row.seen_at.timestamp())
        engine.add_metric((row.node, row.engine_version), row.engine_pid is not None)
        files.add_metric((row.node,), row.file_limit or 0)
        cursor.add_metric((row.node,), row.change_cursor)
    yield from (seen, engine, files, cursor, newest)
