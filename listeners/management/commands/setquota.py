"""Change a limit from the command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.errors import DomainError
from events.actor import COMMAND
from listeners.limits import quotas, set_quota


class Command(BaseCommand):
    """Set one limit; without arguments, show them all."""

    help = "Set the quota NAME to LIMIT; without arguments, show every quota."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the quota's name and its new limit."""
        parser.add_argument("name", nargs="?", help="such as nlb_quota_loadbalancer_certificates_num")
        parser.add_argument("limit", nargs="?", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Set or show."""
        name, limit = options["name"], options["limit"]
        if name is None:
            for quota in quotas():
                self.stdout.write(f"{quota.name:42} {quota.limit:>8}  {quota.description}")
            return
        if limit is None:
            raise CommandError(f"Say the limit too: manage.py setquota {name} LIMIT")
        try:
            quota = set_quota(COMMAND, name, limit)
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{quota.name} is {quota.limit} now.")
