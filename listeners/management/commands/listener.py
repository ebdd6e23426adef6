"""Create, change, start, stop and delete listeners from the command line."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from events.actor import COMMAND
from listeners import selectors, services
from listeners.management.options import add_switch, add_tags, given, refusals, tags_of
from listeners.models import Listener
from listeners.selectors import ListenerFilter
from listeners.services import DomainExtension
from listeners.warnings import listener_warnings

NUMBERS = ("idle_timeout_seconds", "request_timeout_seconds", "connections_per_second")
TEXTS = ("name", "server_group_id", "security_policy", "alpn_policy")
SWITCHES = ("proxy_protocol_enabled", "http2_enabled", "compression_enabled", "access_log_enabled")
LINKS = ("quic_listener_id", "redirect_port")
REMOVABLE = (*LINKS, "server_group_id")
FIELDS = (*NUMBERS, *TEXTS, *SWITCHES, *LINKS)
CERTIFICATES = ("certificate_id", "ca_certificate_id", "mutual_authentication_mode")
SHORT = {"server_group_id": "server-group", "quic_listener_id": "quic-listener"}
BY_ID = {"start": services.start_listener, "stop": services.stop_listener, "delete": services.delete_listener}


class Command(BaseCommand):
    """Print ids and lines of tab-separated columns on standard output, warnings on standard error."""

    help = "List, create, change, start, stop and delete listeners of every product."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one action with its own options."""
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="list them: id, load balancer, protocol, port, state, name")
        listing.add_argument("--load-balancer", default="", metavar="ID")
        listing.add_argument("--tag", default="", metavar="KEY[=VALUE]")
        create = actions.add_parser("create", help="create one and print its id")
        create.add_argument("load_balancer", metavar="LOAD_BALANCER_ID")
        create.add_argument("port", type=int)
        _add_place(create)
        update = actions.add_parser("update", help="change what is given; port and protocol are for life")
        update.add_argument("id")
        for each in (create, update):
            _add_fields(each)
        for action in BY_ID:
            actions.add_parser(action, help=f"{action} one").add_argument("id")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action."""
        action = options["action"]
        with refusals():
            if action in BY_ID:
                BY_ID[action](COMMAND, options["id"])
            else:
                getattr(self, f"_{action}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        wanted, cursor = ListenerFilter(load_balancer_id=options["load_balancer"], tag=options["tag"]), ""
        while True:
            page = selectors.listeners(wanted, cursor=cursor)
            for row in page:
                columns = (row.pk, row.load_balancer_id, row.protocol, str(row.port), row.state.value, row.name or "-")
                self.stdout.write("\t".join(columns))
            if not (cursor := page.next_cursor):
                return

    def _create(self, options: dict[str, Any]) -> None:
        listener = services.create_listener(
            COMMAND,
            load_balancer_id=options["load_balancer"],
            port=options["port"],
            protocol=options["protocol"],
            desired=options["desired"],
            tags=tags_of(options["tag"]),
            mutual_authentication=options["ca_certificate_id"] is not None,
            additional_certificate_ids=options["additional"],
            domain_extensions=_extensions(options["domain_extension"]),
            **given(options, (*FIELDS, *CERTIFICATES), REMOVABLE),
        )
        for warning in listener_warnings(*selectors.listener_in_full(listener.pk)):
            self.stderr.write(f"warning: {warning.message} [{warning.code}]")
        self.stdout.write(listener.pk)

    def _update(self, options: dict[str, Any]) -> None:
        with transaction.atomic():  # both or nothing
            services.update_listener(COMMAND, options["id"], **given(options, FIELDS, REMOVABLE))
            if options["tag"]:
                services.set_tags(COMMAND, "listener", options["id"], tags=tags_of(options["tag"]))


def _add_place(parser: CommandParser) -> None:
    parser.add_argument("--protocol", choices=Listener.Protocol.values, help="default: TCPSSL of an NLB, else HTTPS")
    parser.add_argument("--desired", choices=Listener.Desired.values, help="a CLB's listener is stopped by default")
    parser.add_argument("--certificate", dest="certificate_id", metavar="ID")
    parser.add_argument("--additional", action="append", default=[], metavar="ID", help="repeated for each")
    parser.add_argument("--domain-extension", action="append", default=[], metavar="DOMAIN=ID", help="of a CLB")
    parser.add_argument("--ca-certificate", dest="ca_certificate_id", metavar="ID", help="clients must authenticate")
    parser.add_argument("--mutual-mode", dest="mutual_authentication_mode", choices=Listener.MutualMode.values)


def _add_fields(parser: CommandParser) -> None:
    for name in (*NUMBERS, *TEXTS, *LINKS):
        short = SHORT.get(name, name.removesuffix("_seconds").replace("_", "-"))
        help_text = "“none” takes it away" if name in REMOVABLE else None
        kind = int if name in NUMBERS else _port_or_none if name == "redirect_port" else str
        parser.add_argument(f"--{short}", dest=name, type=kind, help=help_text)
    for name in SWITCHES:
        add_switch(parser, name.removesuffix("_enabled").replace("_", "-"), dest=name)
    add_tags(parser)


def _port_or_none(text: str) -> int | str:
    return text if text == "none" else int(text)


def _extensions(texts: Sequence[str]) -> list[DomainExtension]:
    found = []
    for text in texts:
        domain, sign, certificate_id = text.partition("=")
        if not sign:
            raise CommandError(f"--domain-extension {text}: give the domain and its certificate, as DOMAIN=ID.")
        found.append(DomainExtension(domain, certificate_id))
    return found
