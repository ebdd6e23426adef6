"""Create a bearer token for the REST API."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.models import LONGEST_TOKEN_NAME
from access.tokens import create_token


class Command(BaseCommand):
    """Print a new token and nothing else, so that a script can capture it."""

    help = "Create a bearer token for USER and print only the token."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the user's name and, for the list of tokens, a name for the token."""
        parser.add_argument("user")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the token."""
        if len(options["name"]) > LONGEST_TOKEN_NAME:
            raise CommandError(f"The token's name has more than {LONGEST_TOKEN_NAME} characters. Choose a shorter one.")
        users = get_user_model()
        try:
            user = users.objects.get_by_natural_key(options["user"])
        except users.DoesNotExist:
            message = f"No user is called “{options['user']}”. Create one with: manage.py createsuperuser"
            raise CommandError(message) from None
        self.stdout.write(create_token(user, options["name"]))
