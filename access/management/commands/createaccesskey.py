"""Create an access key for the cloud-compatible API."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.access_keys import create_access_key
from access.management.users import named_user
from console.errors import DomainError
from events.actor import COMMAND


class Command(BaseCommand):
    """Print one JSON object and nothing else, so that a script can read it."""

    help = 'Create an access key for USER and print only {"AccessKeyId": …, "AccessKeySecret": …}.'

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the user's name and, for the list of keys, a name for the key."""
        parser.add_argument("user")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the key."""
        user = named_user(options["user"])
        try:
            made = create_access_key(COMMAND, user, options["name"])
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps({"AccessKeyId": made.row.pk, "AccessKeySecret": made.secret}))
