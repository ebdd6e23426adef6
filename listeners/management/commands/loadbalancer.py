"""Create, change and delete load balancers from the command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from events.actor import COMMAND
from listeners import selectors, services
from listeners.management.options import add_switch, add_tags, given, refusals, tags_of
from listeners.models import Edition, Product

FIELDS = (
    "name",
    "bind_address",
    "region",
    "deletion_protection",
    "deletion_protection_reason",
    "modification_protection",
    "modification_protection_reason",
)


class Command(BaseCommand):
    """Print ids and lines of tab-separated columns on standard output."""

    help = "List, create, change and delete load balancers of every product."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one action with its own options."""
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="list them: id, product, edition, name, address, region")
        listing.add_argument("--product", default="", choices=["", *Product.values])
        listing.add_argument("--tag", default="", metavar="KEY[=VALUE]")
        create = actions.add_parser("create", help="create one and print its id")
        create.add_argument("name")
        create.add_argument("bind_address")
        create.add_argument("--product", default=Product.NLB.value, choices=Product.values)
        create.add_argument("--edition", default="", choices=["", *Edition.values], help="an ALB needs one")
        update = actions.add_parser("update", help="change what is given")
        update.add_argument("id")
        update.add_argument("--name")
        update.add_argument("--bind-address")
        update.add_argument("--edition", choices=Edition.values, help="upwards only")
        for each in (create, update):
            _add_fields(each)
        delete = actions.add_parser("delete", help="delete one")
        delete.add_argument("id")
        delete.add_argument("--cascade", action="store_true", help="with its listeners")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action."""
        with refusals():
            getattr(self, f"_{options['action']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        cursor = ""
        while True:
            page = selectors.load_balancers(cursor=cursor, product=options["product"], tag=options["tag"])
            for row in page:
                columns = (row.pk, row.product, row.edition or "-", row.name, row.bind_address, row.region)
                self.stdout.write("\t".join(columns))
            if not (cursor := page.next_cursor):
                return

    def _create(self, options: dict[str, Any]) -> None:
        kind = {"product": options["product"], "edition": options["edition"]}
        tags = tags_of(options["tag"])
        self.stdout.write(services.create_load_balancer(COMMAND, tags=tags, **kind, **given(options, FIELDS)).pk)

    def _update(self, options: dict[str, Any]) -> None:
        with transaction.atomic():  # both or nothing
            services.update_load_balancer(COMMAND, options["id"], **given(options, (*FIELDS, "edition")))
            if options["tag"]:
                services.set_tags(COMMAND, "load_balancer", options["id"], tags=tags_of(options["tag"]))

    def _delete(self, options: dict[str, Any]) -> None:
        services.delete_load_balancer(COMMAND, options["id"], cascade=options["cascade"])


def _add_fields(parser: CommandParser) -> None:
    parser.add_argument("--region")
    add_switch(parser, "deletion-protection", "nobody can delete it")
    parser.add_argument("--deletion-protection-reason", metavar="TEXT")
    add_switch(parser, "modification-protection", "pages cannot change it; REST and commands can")
    parser.add_argument("--modification-protection-reason", metavar="TEXT")
    add_tags(parser)
