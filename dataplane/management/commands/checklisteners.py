"""Say whether every listener is served as it is configured."""

import time
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Prefetch
from django.utils import timezone

from listeners.models import Listener, ListenerStatus, NodeStatus

POLL_SECONDS = 0.2
NODE_GONE_SECONDS = 15.0
State = ListenerStatus.State


class Command(BaseCommand):
    """Exit 0 when all is served, 1 with a line for each listener that is not."""

    help = (
        "Check that every running listener is served as configured by a node that is alive. Prints a line for each "
        "one that is rejected, blocked, pending or served from an older configuration, and exits 1 if there is any."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the listeners to check and how long to wait for them."""
        parser.add_argument("listeners", nargs="*", metavar="LISTENER_ID", help="check only these listeners")
        parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="wait until all is well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, again and again while there is time."""
        deadline = time.monotonic() + options["wait"]
        self._check_exist(options["listeners"])
        while complaints := list(find_complaints(options["listeners"])):
            if time.monotonic() >= deadline:
                raise CommandError("\n".join(complaints))
            time.sleep(POLL_SECONDS)
        self.stdout.write("Every listener is served as configured.")

    @staticmethod
    def _check_exist(listener_ids: list[str]) -> None:
        known = set(Listener.objects.filter(id__in=listener_ids).values_list("id", flat=True))
        unknown = sorted(set(listener_ids) - known)
        if unknown:
            raise CommandError(f"There is no listener {', '.join(unknown)}. The load balancer's page shows the ids.")


def find_complaints(listener_ids: list[str]) -> Iterator[str]:
    """Yield one line for each listener that is not served as configured, and each node that has a problem."""
    seen = {row.node: row for row in NodeStatus.objects.all()}
    alive = {node for node, row in seen.items() if (timezone.now() - row.seen_at).total_seconds() < NODE_GONE_SECONDS}
    statuses = Prefetch("statuses", ListenerStatus.objects.filter(node__in=alive).order_by("node"))
    running = Listener.objects.filter(desired=Listener.Desired.RUNNING).prefetch_related(statuses)
    if listener_ids:
        running = running.filter(id__in=listener_ids)
    for listener in running:
        rows = [row for row in listener.statuses.all() if row.state != State.STOPPED]
        if not rows:
            yield f"{listener.id} {listener}: no node serves it. Start one: manage.py runlistener"
        for row in rows:
            if complaint := complaint_of(row):
                yield f"{listener.id} {listener} on {row.node}: {complaint}"
    for node in sorted(alive):
        if seen[node].problem:
            yield f"node {node}: {seen[node].problem}"


def complaint_of(row: ListenerStatus) -> str:
    """Return what is wrong with a listener on a node, empty when nothing is."""
    reasons = " ".join(problem["message"] for problem in row.problems)
    if row.state != State.RUNNING:
        return f"{row.get_state_display()}. {reasons}".strip()
    if row.desired_version != row.acknowledged_version:
        return f"an older configuration is served. {reasons}".strip()
    return reasons
