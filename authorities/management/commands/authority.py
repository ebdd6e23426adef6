"""Create authorities, issue, revoke and publish from the command line."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from authorities import selectors, services
from authorities.bulk import LARGEST_TABLE_BYTES
from authorities.models import IssuedCertificate
from authorities.orders import Order
from authorities.services import NewAuthority
from certificates.key_types import KeyType
from certificates.signing_requests import LARGEST_REQUEST_BYTES
from certificates.subjects import Subject
from console.errors import DomainError
from events.actor import COMMAND


class Command(BaseCommand):
    """Print ids and certificates on standard output; keys stay in the repository."""

    help = "Create private authorities, issue and revoke certificates, publish revocation lists."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one action with its own options."""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="list the authorities")
        _create_options(actions.add_parser("create", help="create a root, or with --parent a subordinate"))
        _issue_options(actions.add_parser("issue", help="issue a certificate and print it with its chain"))
        table = actions.add_parser("issue-table", help="issue a certificate for each line of a CSV, all or none")
        table.add_argument("authority")
        table.add_argument("file", help="CSV; - reads standard input")
        revoke = actions.add_parser("revoke", help="revoke a certificate, for good, and publish the list")
        revoke.add_argument("authority")
        revoke.add_argument("serial", help="hexadecimal")
        revoke.add_argument("--reason", default="unspecified", choices=IssuedCertificate.Reason.values)
        renew = actions.add_parser("renew", help="sign an authority's own certificate anew, with the same key")
        renew.add_argument("authority")
        renew.add_argument("--days", type=int, help="default: as many as it is valid for now")
        publish = actions.add_parser("publish", help="publish a new revocation list now")
        publish.add_argument("authority")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action and print what a script wants to know."""
        try:
            getattr(self, f"_{options['action'].replace('-', '_')}")(options)
        except DomainError as error:
            where = f"{error.field}: " if error.field else ""
            raise CommandError(f"{where}{error}") from None

    def _list(self, options: dict[str, Any]) -> None:
        for authority in selectors.authorities():
            name, end = authority.certificate.name, selectors.current_version(authority).not_after
            self.stdout.write(f"{authority.pk}\t{name}\t{end:%Y-%m-%d}\t{authority.parent_id or '-'}")

    def _create(self, options: dict[str, Any]) -> None:
        made = services.create_authority(
            COMMAND,
            NewAuthority(
                subject=Subject(common_name=options["common_name"], organization=options["organization"]),
                name=options["name"],
                parent_id=options["parent"],
                key_type=options["key_type"],
                days=options["days"],
                path_length=options["path_length"],
                permitted_names=options["permit"],
                excluded_names=options["exclude"],
            ),
        )
        self.stdout.write(made.pk)

    def _issue(self, options: dict[str, Any]) -> None:
        order = Order(
            purpose=options["purpose"],
            names=options["names"],
            subject=Subject(common_name=options["common_name"]),
            days=options["days"],
            key_type=options["key_type"],
            csr_pem=_read(options["csr"], LARGEST_REQUEST_BYTES) if options["csr"] else b"",
            names_from_csr=options["names_from_csr"],
        )
        issued = services.issue_certificate(COMMAND, options["authority"], order, name=options["name"])
        self.stderr.write(issued.certificate.pk)
        self.stdout.write(issued.version.leaf_pem + issued.version.chain_pem, ending="")

    def _issue_table(self, options: dict[str, Any]) -> None:
        data = _read(options["file"], LARGEST_TABLE_BYTES)
        for issued in services.issue_table(COMMAND, options["authority"], data):
            self.stdout.write(f"{issued.certificate.pk}\t{issued.certificate.name}")

    def _revoke(self, options: dict[str, Any]) -> None:
        services.revoke_certificate(COMMAND, options["authority"], options["serial"], reason=options["reason"])

    def _renew(self, options: dict[str, Any]) -> None:
        renewed = services.renew_authority(COMMAND, options["authority"], days=options["days"])
        for warning in renewed.warnings:
            self.stderr.write(warning.message)
        self.stdout.write(f"{renewed.version.number}\t{renewed.version.not_after:%Y-%m-%dT%H:%M:%SZ}")

    def _publish(self, options: dict[str, Any]) -> None:
        published = services.publish_list(COMMAND, options["authority"])
        self.stdout.write(f"{published.number}\t{published.entries}\t{published.next_update:%Y-%m-%dT%H:%M:%SZ}")


def _create_options(parser: ArgumentParser) -> None:
    parser.add_argument("common_name")
    parser.add_argument("--organization", default="")
    parser.add_argument("--name", default="", help="in the repository; default: the common name")
    parser.add_argument("--parent", default="", metavar="ID", help="the authority that signs it")
    parser.add_argument("--key-type", default=KeyType.P256.value, choices=KeyType.values)
    parser.add_argument("--days", type=int, default=3650)
    parser.add_argument("--path-length", type=int, default=0, help="how many authorities may stand below it")
    parser.add_argument("--permit", action="append", default=[], metavar="NAME", help="domain, network or mailbox")
    parser.add_argument("--exclude", action="append", default=[], metavar="NAME")


def _issue_options(parser: ArgumentParser) -> None:
    parser.add_argument("authority")
    parser.add_argument("names", nargs="*", help="host names and IP addresses; for clients also emails")
    parser.add_argument("--purpose", default="server", choices=("server", "client"))
    parser.add_argument("--common-name", default="")
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--key-type", default=KeyType.P256.value, choices=KeyType.values)
    parser.add_argument("--csr", help="file of a certificate signing request; - reads standard input")
    parser.add_argument("--names-from-csr", action="store_true", help="take its subject and names, too")
    parser.add_argument("--name", default="", help="in the repository; default: the first name")


def _read(path: str, limit: int) -> bytes:
    """Return the file's bytes, one more than is allowed at most, so that a huge one is refused and not loaded."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(limit + 1)
        with Path(path).open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
