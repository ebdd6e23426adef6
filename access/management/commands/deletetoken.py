"""Take a bearer token back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.models import ApiToken
from access.tokens import delete_token
from events.actor import COMMAND


class Command(BaseCommand):
    """Delete one token; from then on it opens nothing."""

    help = "Delete the bearer token with this NUMBER, as listtokens shows it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the token's number."""
        parser.add_argument("number", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete the token."""
        token = ApiToken.objects.select_related("user").filter(pk=options["number"]).first()
        if token is None:
            raise CommandError(f"There is no token {options['number']}. manage.py listtokens lists them.")
        self.stdout.write(f"Deleted {token} of {token.user.get_username()}.")
        delete_token(COMMAND, token)
