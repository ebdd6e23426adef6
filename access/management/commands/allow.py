"""Give a user a permission, or take it away."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.users import PERMISSIONS


class Command(BaseCommand):
    """Print nothing but what was done."""

    help = "Give USER a permission such as certificates.export_private_key; --not takes it away."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the user's name and the permission."""
        parser.add_argument("user")
        parser.add_argument("permission", choices=PERMISSIONS)
        parser.add_argument("--not", action="store_true", dest="is_taken", help="take the permission away")

    def handle(self, *args: Any, **options: Any) -> None:
        """Change the permission."""
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user “{options['user']}”.")
        app, codename = options["permission"].split(".")
        permission = Permission.objects.get(content_type__app_label=app, codename=codename)
        if options["is_taken"]:
            user.user_permissions.remove(permission)
        else:
            user.user_permissions.add(permission)
        verb = "may no longer" if options["is_taken"] else "may now"
        self.stdout.write(f"{user.get_username()} {verb}: {options['permission']}")
