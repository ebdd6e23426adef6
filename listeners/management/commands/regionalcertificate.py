"""Add certificates to the regions of Classic Load Balancers, and remove them, from the command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from events.actor import COMMAND
from listeners import selectors, services
from listeners.management.options import refusals


class Command(BaseCommand):
    """Certificates come into the repository by ``importcertificate``; here they are added to regions."""

    help = "List, add and remove the certificates that Classic Load Balancers of a region can use."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one action with its own options."""
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="list them: region, certificate, kind, name, in use or free")
        listing.add_argument("--region", default="")
        add = actions.add_parser("add", help="add a certificate of the repository to regions")
        add.add_argument("certificate", metavar="CERTIFICATE_ID")
        add.add_argument("regions", metavar="REGION", nargs="+")
        remove = actions.add_parser("remove", help="remove a certificate from a region; it stays in the repository")
        remove.add_argument("certificate", metavar="CERTIFICATE_ID")
        remove.add_argument("region", metavar="REGION")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action."""
        with refusals():
            getattr(self, f"_{options['action']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        wanted, cursor = selectors.RegionalFilter(region=options["region"]), ""
        while True:
            page = selectors.regional_certificates(wanted, cursor)
            for row in page:
                use = "in use" if row.in_use else "free"
                kind, name = row.certificate.kind, row.certificate.name
                self.stdout.write(f"{row.region}\t{row.certificate_id}\t{kind}\t{name}\t{use}")
            if not (cursor := page.next_cursor):
                return

    def _add(self, options: dict[str, Any]) -> None:
        services.add_regional_certificate(COMMAND, options["certificate"], regions=options["regions"])

    def _remove(self, options: dict[str, Any]) -> None:
        services.remove_regional_certificate(COMMAND, options["certificate"], region=options["region"])
