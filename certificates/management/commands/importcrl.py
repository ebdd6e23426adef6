"""Have a CA certificate carry a revocation list, from a file or an address."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.models import RevocationList
from certificates.parsing.revocation_lists import LARGEST_LIST_BYTES
from certificates.revocation.services import add_list_address, upload_list
from certificates.revocation.standing import overview_of
from console.errors import DomainError
from events.actor import COMMAND


class Command(BaseCommand):
    """Store a list at once; listeners with the CA certificate follow."""

    help = "Have a CA certificate carry a revocation list (CRL): a file, or --url to fetch one again and again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the CA certificate and one source."""
        parser.add_argument("certificate", metavar="CERTIFICATE_ID", help="the CA certificate")
        parser.add_argument("file", nargs="?", metavar="FILE", help="the list in DER or PEM; - reads standard input")
        parser.add_argument("--url", help="an http or https address to fetch the list from, now and every hour")
        parser.add_argument(
            "--when-expired",
            choices=[str(choice) for choice in RevocationList.WhenExpired],
            default="",
            help="what listeners do after the list's end: refuse every client of its authority, or ask no list",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Store the list, and say what listeners do now."""
        if bool(options["file"]) == bool(options["url"]):
            raise CommandError("Give a file, or an address with --url.")
        try:
            row = self._store(options)
        except DomainError as error:
            raise CommandError(str(error)) from None
        number = f" number {int(row.number, 16)}" if row.number else ""
        self.stdout.write(f"Revocation list {row.pk}:{number} of {row.issuer}, {row.entries} entries.")
        self.stdout.write(overview_of(row.certificate_id).sentence)

    def _store(self, options: dict[str, Any]) -> RevocationList:
        choice = options["when_expired"]
        if options["url"]:
            return add_list_address(COMMAND, options["certificate"], url=options["url"], when_expired=choice)
        return upload_list(COMMAND, options["certificate"], data=_read(options["file"]), when_expired=choice)


def _read(path: str) -> bytes:
    """Return the file's bytes, one more than is allowed at most, so that a huge one is refused and not loaded."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(LARGEST_LIST_BYTES + 1)
        with Path(path).open("rb") as file:
            return file.read(LARGEST_LIST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
