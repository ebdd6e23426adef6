"""Seal every stored secret again with the first encryption key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from certificates.keys import rotate_keys
from console.errors import DomainError
from console.terminal import progress_bar


class Command(BaseCommand):
    """Reseal everything, so that the other keys can be taken out of ``LBADMIN_ENCRYPTION_KEYS``."""

    help = "Seal all stored secrets with the first key of LBADMIN_ENCRYPTION_KEYS; the others can then be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Reseal, and print what became of each column; run it again after an interruption."""
        try:
            with progress_bar():
                for done in rotate_keys():
                    self.stdout.write(f"{done.column}: {done.count} resealed, {done.already} already were")
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write("Every secret is sealed with the first key.")
