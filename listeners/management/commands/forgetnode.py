"""Forget a node from the command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from events.actor import COMMAND
from listeners.management.options import refusals
from listeners.services import forget_node


class Command(BaseCommand):
    """Take a node that is gone for good off the list."""

    help = "Forget a node that is gone for good; what is told of it is resolved."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the node's name."""
        parser.add_argument("node")

    def handle(self, *args: Any, **options: Any) -> None:
        """Forget it."""
        with refusals():
            forget_node(COMMAND, options["node"])
