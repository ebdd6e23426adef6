"""Passphrases for commands: from a file or asked for, never on the command line, which other users can see."""

import getpass
from pathlib import Path

from django.core.management.base import CommandError

from certificates.parsing.drops import MOST_PASSPHRASES

LARGEST_BYTES = 10_000


def passphrases_of(path: str | None) -> tuple[str, ...]:
    """Return the lines of the file, or for ``-`` what is typed in."""
    if path is None:
        return ()
    if path == "-":
        return (getpass.getpass("Passphrase: "),)
    try:
        with Path(path).open("rb") as file:
            text = file.read(LARGEST_BYTES).decode()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not text in UTF-8.") from None
    return tuple(line for line in text.splitlines() if line)[:MOST_PASSPHRASES]
