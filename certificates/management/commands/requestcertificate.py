"""Make a certificate request, list those that wait, or delete one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.key_types import KeyType
from certificates.services.requests import NewRequest, create_request, delete_request
from certificates.subjects import Subject
from certificates.waiting import requests
from console.errors import DomainError
from events.actor import COMMAND

SUBJECT_OPTIONS = {
    "common_name": "CN",
    "organization": "O",
    "organizational_unit": "OU",
    "country": "C, two letters",
    "state": "ST",
    "locality": "L",
    "email": "emailAddress",
}


class Command(BaseCommand):
    """Print the CSR on standard output and the request's id on standard error."""

    help = (
        "Make a key, which stays here, and a certificate signing request for it. "
        "The issued certificate finds its key: import it with importcertificate."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take names and the parts of the subject."""
        parser.add_argument("names", nargs="*", help="host names (*.example.com is a wildcard) and IP addresses")
        parser.add_argument("--key-type", default=KeyType.P256.value, choices=KeyType.values)
        parser.add_argument("--name", default="", help="of the certificate to be; default: the first name")
        parser.add_argument("--renews", default="", metavar="ID", help="the certificate whose next version it becomes")
        for option, meaning in SUBJECT_OPTIONS.items():
            parser.add_argument(f"--{option.replace('_', '-')}", default="", help=meaning)
        parser.add_argument("--list", action="store_true", help="list the requests that wait")
        parser.add_argument("--delete", metavar="ID", help="delete a request; the key of one that waits is lost")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked."""
        try:
            self._handle(options)
        except DomainError as error:
            where = f"{error.field}: " if error.field else ""
            raise CommandError(f"{where}{error}") from None

    def _handle(self, options: dict[str, Any]) -> None:
        if options["list"]:
            for row in requests(is_waiting=True):
                self.stdout.write(f"{row.pk}\t{row.name}\t{row.created_at:%Y-%m-%d}")
        elif options["delete"]:
            delete_request(COMMAND, options["delete"])
        else:
            self._create(options)

    def _create(self, options: dict[str, Any]) -> None:
        subject = Subject(**{option: options[option] for option in SUBJECT_OPTIONS})
        made = create_request(
            COMMAND,
            NewRequest(options["names"], subject, options["name"], options["key_type"], options["renews"]),
        )
        self.stderr.write(made.pk)
        self.stdout.write(made.csr_pem, ending="")
