"""Import an export of Lemur."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from certificates.importers.command import PlanningCommand, path_argument
from certificates.importers.lemur import groups_of_lemur
from certificates.planning import Group


class Command(PlanningCommand):
    """Show what the export holds; import it with --yes. Run again, it imports what is new."""

    help = "Show, and with --yes import, the certificates of a Lemur export, with their names and owners."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        super().add_arguments(parser)
        path_argument(parser, "FILE", "JSON as Lemur's API answers it at /certificates")

    def groups(self, options: dict[str, Any]) -> Sequence[Group]:
        """Return a group of texts for each certificate."""
        return groups_of_lemur(options["path"])
