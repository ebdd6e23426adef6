"""Import the certificates of nginx-proxy-manager."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from certificates.importers.command import PlanningCommand, path_argument
from certificates.importers.npm import groups_of_npm
from certificates.planning import Group


class Command(PlanningCommand):
    """Show what the data directory holds; import it with --yes. Run again, it imports what is new."""

    help = (
        "Show, and with --yes import, the certificates of an nginx-proxy-manager, under the names that they have there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the data directory."""
        super().add_arguments(parser)
        path_argument(
            parser, "PATH", "the directory that is mounted as /data, or the one that has data and letsencrypt"
        )

    def groups(self, options: dict[str, Any]) -> Sequence[Group]:
        """Return a group of files for each certificate."""
        return groups_of_npm(options["path"])
