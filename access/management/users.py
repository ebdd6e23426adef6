"""What the commands of access share."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.management.base import CommandError


def named_user(name: str) -> User:
    """Return the user of a name; raise CommandError that says how to make one."""
    users = get_user_model()
    try:
        return users.objects.get_by_natural_key(name)
    except users.DoesNotExist:
        message = f"No user is called “{name}”. Create one with: manage.py createsuperuser"
        raise CommandError(message) from None
