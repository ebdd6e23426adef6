"""Import a certificate from files, or replace one."""

import getpass
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.formats import LARGEST_INPUT_BYTES
from certificates.models import Kind
from certificates.services import IMPORTED_KINDS, Imported, import_certificate, replace_certificate
from console.errors import DomainError
from events.actor import COMMAND


class Command(BaseCommand):
    """Print the certificate's id on standard output, and warnings on standard error."""

    help = "Import a server or CA certificate from PEM files, or replace the one that --replace names."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take files, never a key or passphrase as text: other users can see a command line."""
        parser.add_argument("certificate", help="PEM file with the certificate and its chain; - reads standard input")
        parser.add_argument("--key", help="PEM file of the private key, unless the certificate's file holds it")
        parser.add_argument("--kind", default=str(Kind.SERVER), choices=[str(kind) for kind in IMPORTED_KINDS])
        parser.add_argument("--name", default="", help="name in the repository; default: the certificate's first name")
        parser.add_argument("--passphrase-file", help="file whose first line opens the private key; - asks for it")
        parser.add_argument("--replace", metavar="ID", help="make it the next version of this certificate")
        parser.add_argument("--reason", default="", help="with --replace: why names of the version before may be lost")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and print what a script wants to know."""
        try:
            imported = self._import(options)
        except DomainError as error:
            where = f"{error.field}: " if error.field else ""
            raise CommandError(f"{where}{error}") from None
        for warning in imported.warnings:
            self.stderr.write(f"warning: {warning.message} [{warning.code}]")
        self.stdout.write(imported.certificate.id)

    def _import(self, options: dict[str, Any]) -> Imported:
        material: dict[str, Any] = {
            "certificate_pem": _read(options["certificate"]),
            "private_key_pem": _read(options["key"]) if options["key"] else None,
            "passphrase": _passphrase(options["passphrase_file"]),
        }
        if options["replace"]:
            return replace_certificate(COMMAND, options["replace"], reason=options["reason"], **material)
        return import_certificate(COMMAND, kind=options["kind"], name=options["name"], **material)


def _read(path: str) -> bytes:
    """Return the file's bytes, one more than is allowed at most, so that a huge one is refused and not loaded."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(LARGEST_INPUT_BYTES + 1)
        with Path(path).open("rb") as file:
            return file.read(LARGEST_INPUT_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None


def _passphrase(path: str | None) -> str | None:
    if path is None:
        return None
    if path == "-":
        return getpass.getpass("Passphrase: ")
    try:
        return _read(path).decode().partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not text in UTF-8.") from None
