"""List the bearer tokens of the REST API."""

from typing import Any

from django.core.management.base import BaseCommand

from access.models import ApiToken


class Command(BaseCommand):
    """Print a line for each token; the tokens themselves are not known here."""

    help = "List the bearer tokens: number, user, when made, last used and ending, scopes, name."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the tokens, oldest first."""
        for token in ApiToken.objects.select_related("user").order_by("pk"):
            used = f"{token.last_used_at:%Y-%m-%d %H:%M} UTC" if token.last_used_at else "never"
            made = f"{token.created_at:%Y-%m-%d}"
            ends = f"ends {token.expires_at:%Y-%m-%d %H:%M} UTC  " if token.expires_at else ""
            may = f"for {','.join(token.scopes)}  " if token.scopes else ""
            self.stdout.write(
                f"{token.pk}  {token.user.get_username()}  made {made}  used {used}  {ends}{may}{token.name}".rstrip()
            )
