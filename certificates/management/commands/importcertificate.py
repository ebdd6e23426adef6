"""Import certificates from files of any format, or replace one."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from certificates.importers.command import PlanningCommand
from certificates.management.passphrases import passphrases_of
from certificates.models import Kind
from certificates.parsing.drops import Drop, DroppedFile
from certificates.parsing.formats import LARGEST_INPUT_BYTES
from certificates.planning import Group
from certificates.services import IMPORTED_KINDS, Imported, import_certificate, replace_certificate
from console.errors import DomainError
from events.actor import COMMAND

SINGLE = ("key", "kind", "name", "replace")


class Command(PlanningCommand):
    """Show what the files hold, and import it with --yes.

    With --key, --kind, --name or --replace the one file is one certificate and is stored at once.
    """

    help = "Show, and with --yes import, the certificates in files of any format; or store one as it is told."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take files, never a key or passphrase as text: other users can see a command line."""
        super().add_arguments(parser)
        parser.add_argument(
            "files",
            nargs="+",
            metavar="FILE",
            help="PEM, DER, PKCS#7, PKCS#12, JKS or zip: certificates, chains and keys; - reads standard input",
        )
        parser.add_argument("--passphrase-file", help="file whose lines open what is encrypted; - asks for one")
        one = parser.add_argument_group("one certificate, stored at once")
        one.add_argument("--key", help="file of the private key, unless the certificate's file holds it")
        one.add_argument("--kind", choices=[str(kind) for kind in IMPORTED_KINDS])
        one.add_argument("--name", help="name in the repository; default: the certificate's first name")
        one.add_argument("--replace", metavar="ID", help="make it the next version of this certificate")

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan what the files hold, or store one certificate."""
        if all(options[name] is None for name in SINGLE):
            super().handle(*args, **options)
            return
        try:
            imported = self._store_one(options)
        except DomainError as error:
            where = f"{error.field}: " if error.field else ""
            raise CommandError(f"{where}{error}") from None
        for warning in imported.warnings:
            self.stderr.write(f"warning: {warning.message} [{warning.code}]")
        self.stdout.write(imported.certificate.id)

    def groups(self, options: dict[str, Any]) -> Sequence[Group]:
        """Return the files as one group: keys and chains are for all of them."""
        files = tuple(DroppedFile(Path(path).name if path != "-" else "", _read(path)) for path in options["files"])
        return [Group(Drop(files, passphrases_of(options["passphrase_file"])))]

    def _store_one(self, options: dict[str, Any]) -> Imported:
        if len(options["files"]) > 1:
            raise CommandError("--key, --kind, --name and --replace are for one file; leave them out to give several.")
        passphrases = passphrases_of(options["passphrase_file"])
        material: dict[str, Any] = {
            "certificate_pem": _read(options["files"][0]),
            "private_key_pem": _read(options["key"]) if options["key"] else None,
            "passphrase": passphrases[0] if passphrases else None,
        }
        if options["replace"]:
            return replace_certificate(COMMAND, options["replace"], **material)
        kind = options["kind"] or str(Kind.SERVER)
        return import_certificate(COMMAND, kind=kind, name=options["name"] or "", **material)


def _read(path: str) -> bytes:
    """Return the file's bytes, one more than is allowed at most, so that a huge one is refused and not loaded."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(LARGEST_INPUT_BYTES + 1)
        with Path(path).open("rb") as file:
            return file.read(LARGEST_INPUT_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
