"""Run a node: the listeners of this machine, or some of them."""

import asyncio
import hashlib
import socket
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from dataplane.collect import Selection
from dataplane.engine.errors import EngineError
from dataplane.node import Node
from listeners.models import Listener, LoadBalancer

LONGEST_NODE_NAME = 128


def node_name(text: str) -> str:
    """Check a node's name."""
    if not text.isprintable() or not 0 < len(text) <= LONGEST_NODE_NAME:
        message = f"a node's name has 1 to {LONGEST_NODE_NAME} printable characters"
        raise ArgumentTypeError(message)
    return text


class Command(BaseCommand):
    """Serve until SIGTERM or SIGINT, which drain; SIGHUP ends the node and leaves its engine serving."""

    # Those of pages, which a node has not, would load the whole console before the first connection is taken.
    requires_system_checks = ()
    help = (
        "Serve the listeners: all of them, some by id, or those of one load balancer. SIGTERM drains for at most "
        "LBADMIN_DRAIN_SECONDS and exits 0, a second one ends at once. SIGHUP exits and leaves the engine serving, "
        "for the next start to adopt."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to serve and the node's name."""
        parser.add_argument("listeners", nargs="*", metavar="LISTENER_ID", help="serve only these listeners")
        parser.add_argument(
            "--instance", default="", metavar="ID", help="serve only the listeners of this load balancer"
        )
        parser.add_argument("--node", type=node_name, help="the node's name (the machine's name)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check what was asked for and that stored keys can be opened, then serve."""
        self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])
        selection = self._selection(options["listeners"], options["instance"])
        name = options["node"] or default_node_name(selection)
        try:
            asyncio.run(self._run(name, selection))
        except EngineError as error:
            raise CommandError(str(error)) from error

    async def _run(self, name: str, selection: Selection) -> None:
        node = Node(name, selection, settings.DRAIN_SECONDS)
        held = node.take(selection.listener_ids or frozenset())
        if held:
            who = "; ".join(f"{listener_id}: {holder}" for listener_id, holder in held.items())
            message = f"These listeners are served by another node of this machine already: {who}. Stop it first."
            raise CommandError(message)
        self.stderr.write(f"Node {name} starts.")
        await node.run()

    @staticmethod
    def _selection(listener_ids: list[str], load_balancer_id: str) -> Selection:
        if listener_ids and load_balancer_id:
            raise CommandError("Name listeners or a load balancer, not both.")
        known = set(Listener.objects.filter(id__in=listener_ids).values_list("id", flat=True))
        unknown = sorted(set(listener_ids) - known)
        if unknown:
            message = f"There is no listener {', '.join(unknown)}. The load balancer's page shows the ids."
            raise CommandError(message)
        if load_balancer_id and not LoadBalancer.objects.filter(id=load_balancer_id).exists():
            message = f"There is no load balancer {load_balancer_id}. The page Load balancers shows the ids."
            raise CommandError(message)
        return Selection(frozenset(listener_ids) if listener_ids else None, load_balancer_id)


def default_node_name(selection: Selection) -> str:
    """Return the machine's name; a node of a part has a name of its own, the same each time."""
    machine = socket.gethostname()
    part = selection.load_balancer_id or ",".join(sorted(selection.listener_ids or ()))
    if len(part) > LONGEST_NODE_NAME // 2:
        part = hashlib.sha256(part.encode()).hexdigest()[:16]
    return f"{machine[:60]}/{part}" if part else machine
