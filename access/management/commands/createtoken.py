"""Create a bearer token for the REST API."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from access.management.users import named_user
from access.scopes import SCOPES
from access.tokens import make_token
from console.errors import DomainError
from events.actor import COMMAND


class Command(BaseCommand):
    """Print a new token and nothing else, so that a script can capture it."""

    help = "Create a bearer token for USER and print only the token."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the user's name and, for the list of tokens, a name for the token."""
        parser.add_argument("user")
        parser.add_argument("--name", default="")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            metavar="SCOPE",
            help=f"what it may do, repeated for each: {', '.join(SCOPES)}; without one, all that the user may",
        )
        parser.add_argument(
            "--expires", metavar="WHEN", help="days from now, or a time such as 2027-01-31T12:00:00Z; else never"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the token."""
        user = named_user(options["user"])
        try:
            made = make_token(
                COMMAND,
                user,
                name=options["name"],
                scopes=options["scope"],
                expires_at=_end(options["expires"]) if options["expires"] else None,
            )
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(made.token)


def _end(text: str) -> dt.datetime:
    """Return the time that ``--expires`` says."""
    try:
        if text.isdecimal():
            return timezone.now() + dt.timedelta(days=int(text))
        found = dt.datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise CommandError(f"“{text}” is no time. Give days from now, or a time as 2027-01-31T12:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
