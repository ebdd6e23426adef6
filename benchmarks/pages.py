"""Open every page and list over 100,000 certificates and 10,000 listeners: queries and milliseconds, by database."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from urllib.parse import quote

from benchmarks.stack import migrate, redis  # isort: skip  (sets Django up)
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerts.models import Channel, Delivery
from benchmarks.databases import Lines, measured, tell
from benchmarks.report import publish, table
from benchmarks.rows import Sizes, fill
from certificates.models import Certificate
from lbadmin.gunicorn import post_worker_init
from listeners.models import Listener, LoadBalancer, ServerGroup

CERTIFICATES = 100_000
CERTIFICATES_OF_LISTENER = 10
RUNS = 20
MOST_QUERIES, MOST_MILLISECONDS = 12, 100.0
HEADER = ("page", "queries", "p50, ms", "p95, ms", "CPU, ms", "KB")


def main() -> None:
    """Run the campaign and publish it."""
    lines = measured("benchmarks.pages", __doc__, ("certificates", CERTIFICATES), measure)
    if lines:
        databases = dict.fromkeys(line[0] for line in lines)
        parts = (_part(database, [line[1:] for line in lines if line[0] == database]) for database in databases)
        publish("pages", "python -m benchmarks.pages", "\n\n".join(parts))


def measure(database: str, certificates: int) -> None:
    """Print a line of the table for each page."""
    settings.ALLOWED_HOSTS = ["testserver"]
    with redis():
        migrate()
        fill(Sizes(certificates, certificates // CERTIFICATES_OF_LISTENER))
        _settle()
        call_command("collectstatic", interactive=False, verbosity=0)
        client = Client()
        client.force_login(get_user_model().objects.create_superuser("bench"))
        post_worker_init(None)
        for name, path in _pages(client):
            tell(database, *_measured(client, name, path))


def _settle() -> None:
    """Let PostgreSQL know its tables, as its autovacuum does within minutes."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _pages(client: Client) -> Iterator[tuple[str, str]]:
    """Yield a word for each page, and where it is."""
    yield from _certificate_pages()
    yield from _instance_pages(client)
    yield from _listener_pages()
    yield from _other_pages()
    yield from _rest_lists()


def _certificate_pages() -> Iterator[tuple[str, str]]:
    shared = Certificate.objects.get(name="host-0.example.com")
    wanted = Certificate.objects.select_related("current_version").get(name="host-77.example.com")
    version = wanted.current_version
    yield "certificates", "/certificates/"
    yield "certificates of one kind", "/certificates/?kind=ca"
    yield "certificates that end within 90 days", "/certificates/?state=expiring&within_days=90"
    for word, query in (
        ("by covered host", "covers=www.host-77.example.com"),
        ("by exact name", "name=host-77.example.com"),
        ("by part of no name", "part=nowhere"),
        ("by issuer", "issuer=real"),
        ("by no issuer", "issuer=nobody"),
        ("by owner", "owner=team-77"),
        ("by tag", "tag=env%3Dlive"),
        ("by serial number", "serial=4e"),
        ("by algorithm, the last in order", "algorithm=RSA"),
        ("by algorithm and length", "algorithm=RSA+2048"),
        ("not yet valid", "state=not-yet-valid"),
        ("used", "use=used"),
        ("unused", "use=unused"),
        ("that need attention", "hint=any"),
        ("with a weak hash", "hint=weak-hash"),
        ("with an expired chain", "hint=chain-expired"),
        ("by four facts", "kind=server&owner=team-77&tag=env&use=unused"),
    ):
        yield f"certificates, {word}", f"/certificates/?{query}"
    for word, query in (
        ("part of all names", "example"),
        ("part of one name", "host-77777"),
        ("part of no name", "nowhere"),
        ("a host that a wildcard covers", "www.host-77.example.com"),
        ("a fingerprint", version.sha256 if version else ""),
    ):
        yield f"certificates, {word}", f"/certificates/?q={query}"
    yield "certificate", f"/certificates/{wanted.pk}/"
    yield "certificate on 2,000 listeners", f"/certificates/{shared.pk}/"
    yield "its Replace", f"/certificates/{shared.pk}/replace/"
    yield "its Delete", f"/certificates/{shared.pk}/delete/"


def _instance_pages(client: Client) -> Iterator[tuple[str, str]]:
    large = LoadBalancer.objects.order_by("name")[0]
    yield "instances", "/instances/"
    yield "instances, searched", "/instances/?q=instance-000"
    yield "instance of 1,000 listeners", f"/instances/{large.pk}/"
    yield "its Details", f"/instances/{large.pk}/details/"
    yield "its Changes", f"/instances/{large.pk}/changes/"
    yield "its Delete", f"/instances/{large.pk}/delete/"
    step = client.get(f"/instances/{large.pk}/listeners/create/")["Location"]
    yield "Create Listener, first step", step
    group = ServerGroup.objects.order_by("name")[0]
    certificate = Certificate.objects.get(name="host-77.example.com")
    answers = (
        {"port": "443", "idle_timeout_seconds": "900", "connections_per_second": "0"},
        {"certificate_id": certificate.pk, "security_policy": "tls_cipher_policy_1_2"},
        {"server_group_id": group.pk},
    )
    for word, answer in zip(("certificate", "server group", "Confirm"), answers, strict=True):
        sent = client.post(step, {"go": "next", **answer})
        if sent.status_code != 302:
            raise LookupError(f"{step} refused {answer}: {sent.content.decode()}")
        step = sent["Location"]
        yield f"Create Listener, {word}", step


def _listener_pages() -> Iterator[tuple[str, str]]:
    base = f"/listeners/{Listener.objects.get(name='listener-00000').pk}/"
    for word, path in (
        ("listener of 27 certificates", ""),
        ("its live part", "live/"),
        ("its Changes", "changes/"),
        ("its Edit", "edit/"),
        ("its Delete", "delete/"),
        ("Manage Certificates", "certificates/"),
        ("Manage Certificates, change the default", "certificates/change/"),
        ("Manage Certificates, add", "certificates/add/"),
        ("Manage Certificates, CA", "ca-certificate/"),
    ):
        yield word, base + path
    yield "choices of certificates", "/listeners/choices/certificate_id/?certificate_id_search=example"
    yield "choices of server groups", "/listeners/choices/server_group_id/?server_group_id_search=group"


def _other_pages() -> Iterator[tuple[str, str]]:
    group = ServerGroup.objects.order_by("name")[0]
    digest = Delivery.objects.order_by("-id")[0]
    yield "dashboard", "/"
    yield "search, many hits", "/search/?q=host"
    yield "search, one hit", "/search/?q=" + quote("listener-07777")
    yield "server groups", "/server-groups/"
    yield "server groups, searched", "/server-groups/?q=192.0.2.1"
    yield "server group of 1,000 listeners", f"/server-groups/{group.pk}/"
    yield "its Edit", f"/server-groups/{group.pk}/edit/"
    yield "notices", "/alerts/"
    yield "channels", "/alerts/channels/"
    yield "channel", f"/alerts/channels/{Channel.objects.order_by('name')[0].pk}/"
    yield "deliveries", "/alerts/deliveries/"
    yield "deliveries of a channel", f"/alerts/deliveries/?channel={Channel.objects.order_by('name')[0].pk}"
    yield "delivery of 10,000 notices", f"/alerts/deliveries/{digest.key}/"
    yield "changes", "/changes/"
    yield "changes by one operator", "/changes/?who=operator-7"
    yield "changes of one object", f"/changes/?type=server_group&object={group.pk}"
    yield "nodes", "/nodes/"
    yield "listeners of all instances", "/listeners/"
    yield "TLS security policies", "/security-policies/"
    yield "quotas", "/quotas/"
    yield "renewals", "/renewals/"
    yield "authorities", "/authorities/"
    yield "alert rules", "/alerts/rules/"
    yield "time travel", "/alerts/rules/time-travel/"
    yield "contacts", "/alerts/contacts/"
    yield "contact groups", "/alerts/groups/"
    yield "calendar, a month", "/alerts/calendar/"
    yield "calendar, a year", "/alerts/calendar/year/"
    yield "watch list", "/watch-list/"
    yield "tokens", "/tokens/"
    yield "access keys", "/access-keys/"


def _rest_lists() -> Iterator[tuple[str, str]]:
    certificate = Certificate.objects.get(name="host-0.example.com").pk
    listener = Listener.objects.get(name="listener-00000").pk
    balancer = LoadBalancer.objects.order_by("name")[0].pk
    for path in (
        "/certificates",
        "/certificates?q=host-77",
        f"/certificates/{certificate}",
        f"/certificates/{certificate}/versions",
        "/load-balancers",
        f"/load-balancers/{balancer}/quotas",
        "/listeners",
        f"/listeners?load_balancer_id={balancer}",
        f"/listeners/{listener}",
        f"/listeners/{listener}/certificates",
        f"/listeners/{listener}/status",
        f"/listeners/{listener}/receipts",
        f"/listeners/{listener}/server-health",
        "/server-groups",
        "/quotas",
        "/channels",
        "/deliveries",
        "/notices",
        "/scans",
        "/nodes",
    ):
        shown = path.replace(certificate, "…").replace(listener, "…").replace(balancer, "…")
        yield f"`GET {shown}`", f"/api/v1{path}"


def _measured(client: Client, name: str, path: str) -> list[str]:
    """Return a line of the table."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    count = len(queries)
    if answer.status_code != 200:
        raise LookupError(f"{path} answers {answer.status_code}")
    taken = [_milliseconds(client, path) for _ in range(RUNS)]
    p95 = sorted(wall for wall, _ in taken)[round(0.95 * RUNS) - 1]
    p50, cpu = (statistics.median(column) for column in zip(*taken, strict=True))
    return [name, str(count), f"{p50:.0f}", f"{p95:.0f}", f"{cpu:.0f}", f"{len(answer.content) / 1000:.0f}"]


def _milliseconds(client: Client, path: str) -> tuple[float, float]:
    """Return how long a page took by the clock, and how much of that it had the CPU: other programs take the rest."""
    wall, cpu = time.perf_counter(), time.process_time()
    client.get(path)
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def _part(database: str, rows: Lines) -> str:
    """Return what is published of a database."""
    return f"{database}: {_verdict(rows)}\n\n{table(HEADER, rows)}"


def _verdict(rows: Lines) -> str:
    """Say which pages miss the goals."""
    missed = [row[0] for row in rows if int(row[1]) > MOST_QUERIES or float(row[3]) > MOST_MILLISECONDS]
    goal = f"at most {MOST_QUERIES} queries and a p95 of {MOST_MILLISECONDS:.0f} ms"
    reached = f"Missed by: {', '.join(missed)}." if missed else "All reach it."
    how = f"{len(rows)} pages, {RUNS} times each through the whole of Django, load average {os.getloadavg()[0]:.1f}"
    return f"{how}. Goal: {goal}. {reached}"


if __name__ == "__main__":
    main()
