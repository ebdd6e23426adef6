"""Renew what is due, once."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from renewals.models import Attempt
from renewals.running import run_due

DEFAULT_SECONDS = 3600


class Command(BaseCommand):
    """Do what a worker's sweep does, and print what came of it."""

    help = "Renew the certificates that are due, and print what came of each; fails when one was not renewed."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take a limit of time."""
        parser.add_argument(
            "--seconds", type=int, default=DEFAULT_SECONDS, help="begin no renewal after this time (default: an hour)"
        )

    def handle(self, *args: Any, seconds: int, **options: Any) -> None:
        """Renew, and print one line for each attempt."""
        count = failed = 0
        for attempt in run_due(seconds):
            count += 1
            failed += attempt.outcome != Attempt.Outcome.ISSUED
            words = attempt.problem.get("message", "")
            self.stdout.write(f"{attempt.renewal.name}: {attempt.get_outcome_display().lower()} {words}".rstrip())
        self.stdout.write(f"{count} due, {count - failed} renewed.")
        if failed:
            raise CommandError(f"{failed} of {count} were not renewed.")
