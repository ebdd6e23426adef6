"""Watch addresses, or check them now, from the command line."""

import argparse
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.errors import DomainError
from events.actor import COMMAND
from watchlist.checking import check_one
from watchlist.models import WatchedAddress
from watchlist.problems import words_of
from watchlist.services import DEFAULT_PERIOD, new_targets, watch_addresses
from watchlist.targets import Target, target_of


class Command(BaseCommand):
    """Add what is not watched yet, then check what was named and print what each showed."""

    help = "Watch addresses such as www.example.com:443 or smtp://mail.example.com:587, and check them once."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take addresses, as a line of the watch list's page has them."""
        parser.add_argument("addresses", nargs="+", metavar="ADDRESS", help='"host:port [name to ask for]", or a URL')
        parser.add_argument("--every", type=int, default=DEFAULT_PERIOD, metavar="MINUTES", help="default: 60")
        parser.add_argument("--owner", default="", help="who answers for them")

    def handle(self, *args: Any, addresses: list[str], every: int, owner: str, **options: Any) -> None:
        """Watch, check and print a line each; fail when one showed nothing or is not trusted."""
        try:
            targets = list(dict.fromkeys(map(target_of, addresses)))
            if new := new_targets(targets):
                watch_addresses(COMMAND, new, period_minutes=every, owner=owner)
        except DomainError as error:
            raise CommandError(str(error)) from error
        faults = [self._check(row) for row in _rows(targets)]
        if any(faults):
            raise CommandError(f"{sum(faults)} of {len(faults)} are not as they should be.")

    def _check(self, row: WatchedAddress) -> bool:
        """Check one, print what it showed, and return whether something is wrong."""
        check_one(row.pk)
        row.refresh_from_db()
        wrong = [words_of(row.problem)] if row.problem else [words_of(each) for each in row.trust_problems]
        end = f"ends {row.ends_at:%Y-%m-%d %H:%M} UTC" if row.ends_at else "no certificate yet"
        self.stdout.write(f"{row.address}: {end}. {' '.join(wrong)}".rstrip())
        return bool(wrong)


def _rows(targets: Iterable[Target]) -> list[WatchedAddress]:
    fields = ("host", "port", "server_name", "starttls")
    return [WatchedAddress.objects.get(**{name: getattr(each, name) for name in fields}) for each in targets]
