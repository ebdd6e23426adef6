"""Import a directory tree of certificates, as nginx, HAProxy or certbot keep them."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from certificates.importers.command import PlanningCommand, path_argument
from certificates.importers.directories import LAYOUTS, groups_below
from certificates.management.passphrases import passphrases_of
from certificates.planning import Group


class Command(PlanningCommand):
    """Show what the tree holds; import it with --yes. Run again, it imports what is new."""

    help = "Show, and with --yes import, the certificates in a directory tree."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the directory and how it is laid out."""
        super().add_arguments(parser)
        path_argument(parser, "PATH", "directory, such as /etc/nginx/ssl, /etc/haproxy/certs or /etc/letsencrypt")
        parser.add_argument("--layout", choices=list(LAYOUTS), default="auto")
        parser.add_argument("--passphrase-file", help="file whose lines open encrypted keys; - asks for one")

    def groups(self, options: dict[str, Any]) -> Sequence[Group]:
        """Return the files of the tree."""
        return groups_below(options["path"], options["layout"], passphrases_of(options["passphrase_file"]))
